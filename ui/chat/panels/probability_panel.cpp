#include "ui/chat/panels/probability_panel.h"

#include "core/base/text.h"

#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {
constexpr int kPieceGap = 3;
constexpr int kPiecePadding = 4;
constexpr int kMargin = 12;
constexpr double kSurprisingBits = 8; // as surprising as it is drawn
} // namespace

// The tokens.
// .

TokenStrip::TokenStrip(const ThemeManager &themes, QWidget *parent)
    : QAbstractScrollArea(parent), m_themes(themes)
{
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Tokens of the reply"));
    connect(&themes, &ThemeManager::changed, this, [this] { layOut(0); });
}

void TokenStrip::clear()
{
    m_pieces.clear();
    m_boxes.clear();
    m_selected = -1;
    updateScrollBar();
    viewport()->update();
}

void TokenStrip::append(std::vector<Piece> pieces)
{
    const std::size_t from = m_pieces.size();
    m_pieces.insert(m_pieces.end(), std::make_move_iterator(pieces.begin()),
                    std::make_move_iterator(pieces.end()));
    layOut(from);
}

// Left to right, wrapped at the width; only what comes after `from` moves.
void TokenStrip::layOut(std::size_t from)
{
    const QFontMetrics metrics(m_themes.fixedFont(0.95));
    const int height = metrics.height() + 6, width = viewport()->width() - kMargin;
    m_boxes.resize(from);
    QPoint at(kMargin, kMargin / 2);
    if (from > 0)
        at = m_boxes.back().topRight() + QPoint(kPieceGap, 0);
    for (std::size_t i = from; i < m_pieces.size(); ++i) {
        const int w = metrics.horizontalAdvance(m_pieces[i].text) + 2 * kPiecePadding;
        if (at.x() + w > width && at.x() > kMargin)
            at = QPoint(kMargin, at.y() + height + kPieceGap);
        m_boxes.emplace_back(at, QSize(w, height));
        at.rx() += w + kPieceGap;
    }
    updateScrollBar();
    viewport()->update();
}

void TokenStrip::updateScrollBar()
{
    const int height = m_boxes.empty() ? 0 : m_boxes.back().bottom() + kMargin;
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setRange(0, std::max(0, height - viewport()->height()));
}

void TokenStrip::select(int index)
{
    if (index < 0 || index >= count())
        return;
    m_selected = index;
    setAccessibleDescription(m_pieces[std::size_t(index)].text);
    const QRect box = m_boxes[std::size_t(index)];
    auto *bar = verticalScrollBar();
    if (box.top() < bar->value())
        bar->setValue(box.top() - kMargin);
    else if (box.bottom() > bar->value() + viewport()->height())
        bar->setValue(box.bottom() - viewport()->height() + kMargin);
    viewport()->update();
    emit selectionChanged(index);
}

void TokenStrip::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_themes.theme();
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_themes.fixedFont(0.95));
    const int top = verticalScrollBar()->value();
    const auto first =
        std::ranges::lower_bound(m_boxes, top, {}, [](const QRect &box) { return box.bottom(); });
    for (auto i = std::size_t(first - m_boxes.begin()); i < m_boxes.size(); ++i) {
        const QRect box = m_boxes[i].translated(0, -top);
        if (box.top() > viewport()->height())
            break;
        const double bits = -std::log2(std::max(m_pieces[i].probability, 1e-6));
        QColor shade = theme.warning;
        shade.setAlphaF(float(0.45 * std::min(1.0, bits / kSurprisingBits)));
        const bool selected = int(i) == m_selected;
        painter.setPen(selected ? QPen(theme.accent, 2) : QPen(Qt::NoPen));
        painter.setBrush(theme.code);
        painter.drawRoundedRect(box, 4, 4);
        painter.setPen(Qt::NoPen);
        painter.setBrush(shade);
        painter.drawRoundedRect(box, 4, 4);
        painter.setPen(theme.text);
        painter.drawText(box, Qt::AlignCenter, m_pieces[i].text);
    }
}

void TokenStrip::resizeEvent(QResizeEvent *)
{
    layOut(0);
}

void TokenStrip::mousePressEvent(QMouseEvent *event)
{
    const QPoint at = event->pos() + QPoint(0, verticalScrollBar()->value());
    const auto hit = std::ranges::find_if(m_boxes, [&](const QRect &box) { return box.contains(at); });
    if (hit != m_boxes.end())
        select(int(hit - m_boxes.begin()));
}

void TokenStrip::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Left)
        select(std::max(0, m_selected - 1));
    else if (event->key() == Qt::Key_Right)
        select(std::min(count() - 1, m_selected + 1));
    else
        QAbstractScrollArea::keyPressEvent(event);
}

// The alternatives.
// .

AlternativeBars::AlternativeBars(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_themes(themes)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Alternatives at this place"));
    connect(&themes, &ThemeManager::changed, this, qOverload<>(&QWidget::update));
}

int AlternativeBars::rowHeight() const
{
    return QFontMetrics(m_themes.font()).height() + 9;
}

QSize AlternativeBars::sizeHint() const
{
    return {240, int(std::max<std::size_t>(m_bars.size(), 8)) * rowHeight() + 8};
}

void AlternativeBars::setBars(std::vector<Bar> bars)
{
    m_bars = std::move(bars);
    m_current = 0;
    QStringList words;
    for (const Bar &bar : m_bars)
        words.append(tr("%1: %2 percent").arg(bar.text).arg(100 * bar.probability, 0, 'f', 1));
    setAccessibleDescription(words.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

void AlternativeBars::setBranchingEnabled(bool enabled)
{
    m_enabled = enabled;
    setCursor(enabled ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void AlternativeBars::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_themes.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int row = rowHeight(),
              percentWidth = painter.fontMetrics().horizontalAdvance(QStringLiteral("100.0 %")) + 8;
    const int full = width() - 2 * kMargin;
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        const Bar &bar = m_bars[i];
        const QRectF line(kMargin, int(i) * row + 2, full, row - 4);
        painter.setPen(hasFocus() && int(i) == m_current ? QPen(theme.focus, 1.5) : QPen(Qt::NoPen));
        painter.setBrush(theme.code);
        painter.drawRoundedRect(line, 4, 4);
        QColor fill = bar.taken ? theme.accent : theme.muted;
        fill.setAlphaF(0.35f);
        painter.setPen(Qt::NoPen);
        painter.setBrush(fill);
        painter.drawRoundedRect(
            QRectF(line.topLeft(), QSizeF(std::max(3.0, line.width() * bar.probability), line.height())), 4,
            4);
        painter.setPen(theme.text);
        painter.setFont(m_themes.fixedFont(0.95));
        painter.drawText(line.adjusted(8, 0, -percentWidth, 0), Qt::AlignVCenter | Qt::AlignLeft, bar.text);
        painter.setFont(m_themes.font(0.92));
        painter.setPen(theme.muted);
        painter.drawText(line.adjusted(0, 0, -6, 0), Qt::AlignVCenter | Qt::AlignRight,
                         QStringLiteral("%1 %").arg(100 * bar.probability, 0, 'f', 1));
    }
}

void AlternativeBars::choose(int index)
{
    if (m_enabled && index >= 0 && index < int(m_bars.size()) && !m_bars[std::size_t(index)].taken)
        emit chosen(index);
}

void AlternativeBars::mousePressEvent(QMouseEvent *event)
{
    choose((event->pos().y() - 2) / rowHeight());
}

void AlternativeBars::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Up: m_current = std::max(0, m_current - 1); break;
    case Qt::Key_Down: m_current = std::min(int(m_bars.size()) - 1, m_current + 1); break;
    case Qt::Key_Return:
    case Qt::Key_Enter: choose(m_current); break;
    default: QWidget::keyPressEvent(event); return;
    }
    update();
}

// The panel.
// .

ProbabilityPanel::ProbabilityPanel(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_strip(new TokenStrip(themes, this)), m_bars(new AlternativeBars(themes, this)),
      m_hint(new QLabel(this))
{
    setObjectName(QStringLiteral("probabilityPanel"));
    m_hint->setProperty("role", "caption");
    m_hint->setWordWrap(true);
    m_hint->setContentsMargins(kMargin, 0, kMargin, kMargin);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_strip, 1);
    column->addWidget(m_bars);
    column->addWidget(m_hint);
    connect(m_strip, &TokenStrip::selectionChanged, this, &ProbabilityPanel::showPlace);
    connect(m_bars, &AlternativeBars::chosen, this, [this](int index) {
        const auto place = std::size_t(m_strip->selected());
        emit branchRequested(m_turn, qint64(place), m_traces[place].alternatives[std::size_t(index)].token);
    });
    clear();
}

QString ProbabilityPanel::visible(std::string_view bytes)
{
    if (bytes.empty())
        return tr("end");
    if (!isValidUtf8(bytes)) {
        QString hex;
        for (const char byte : bytes)
            hex += QStringLiteral("\\x%1").arg(static_cast<unsigned char>(byte), 2, 16, QLatin1Char('0'));
        return hex;
    }
    QString text = QString::fromUtf8(bytes.data(), qsizetype(bytes.size()));
    return text.replace(u' ', u'·').replace(u'\n', u'↵').replace(u'\t', u'⇥');
}

QString ProbabilityPanel::textOf(TokenId token) const
{
    return m_vocabulary ? visible(m_vocabulary->bytes(token)) : QString::number(token);
}

void ProbabilityPanel::clear()
{
    m_traces.clear();
    m_turn = -1;
    m_strip->clear();
    m_bars->setBars({});
    m_bars->setBranchingEnabled(false);
    m_hint->setText(tr("Select a reply to see what else could have stood at each place."));
}

void ProbabilityPanel::setTraces(TurnId turn, const std::shared_ptr<const std::vector<TokenTrace>> &traces)
{
    clear();
    m_turn = turn;
    appendTraces(*traces);
    m_turn = turn;
    setBranchingEnabled(m_branching);
}

void ProbabilityPanel::appendTraces(const std::vector<TokenTrace> &traces)
{
    if (traces.empty())
        return;
    std::vector<TokenStrip::Piece> pieces;
    for (const TokenTrace &trace : traces) {
        const auto taken = std::ranges::find(trace.alternatives, trace.token, &TokenProbability::token);
        const double least = trace.alternatives.empty() ? 1 : double(trace.alternatives.back().probability);
        pieces.push_back(
            {textOf(trace.token), taken == trace.alternatives.end() ? least : double(taken->probability)});
    }
    m_traces.insert(m_traces.end(), traces.begin(), traces.end());
    m_strip->append(std::move(pieces));
    m_strip->select(m_strip->count() - 1);
}

void ProbabilityPanel::showPlace(int index)
{
    const TokenTrace &trace = m_traces[std::size_t(index)];
    std::vector<AlternativeBars::Bar> bars;
    for (const TokenProbability &alternative : trace.alternatives)
        bars.push_back(
            {textOf(alternative.token), double(alternative.probability), alternative.token == trace.token});
    m_bars->setBars(std::move(bars));
    const QString place = tr("Token %1 of %2.").arg(index + 1).arg(m_strip->count());
    m_hint->setText(m_turn >= 0 && m_branching
                        ? place + QLatin1Char(' ') + tr("Choose another token to branch there.")
                        : place);
}

void ProbabilityPanel::setVocabulary(std::shared_ptr<const Tokenizer> vocabulary)
{
    m_vocabulary = std::move(vocabulary);
}

void ProbabilityPanel::setBranchingEnabled(bool enabled)
{
    m_branching = enabled;
    m_bars->setBranchingEnabled(enabled && m_turn >= 0);
}

} // namespace volary::ui
