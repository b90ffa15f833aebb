#include "ui/widgets/token_run.h"

#include "ui/theme/contrast.h"

#include <QHash>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>

namespace volary::ui {

namespace {
constexpr int kMargin = 12;
constexpr int kBoxGap = 3, kTextGap = 1;
constexpr int kBoxPadding = 4, kTextPadding = 1;
constexpr int kRowPadding = 6;
constexpr int kRadius = 4;
constexpr double kReadable = 4.5; // contrast, as everywhere in the window
constexpr double kScale = 0.95, kTextScale = 1.05, kCaptionScale = 0.78;
} // namespace

TokenRun::TokenRun(const ThemeManager &themes, Look look, const QString &accessibleName, QWidget *parent)
    : QAbstractScrollArea(parent), m_themes(themes), m_look(look)
{
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(accessibleName);
    connect(&themes, &ThemeManager::changed, this, [this] { layOut(0); });
}

QFont TokenRun::font() const
{
    return m_look == Look::Boxes ? m_themes.fixedFont(kScale) : m_themes.font(kTextScale);
}

void TokenRun::clear()
{
    m_pieces.clear();
    m_boxes.clear();
    m_selected = -1;
    updateScrollBar();
    viewport()->update();
}

void TokenRun::append(std::vector<Piece> pieces)
{
    const std::size_t from = m_pieces.size();
    m_pieces.insert(m_pieces.end(), std::make_move_iterator(pieces.begin()),
                    std::make_move_iterator(pieces.end()));
    layOut(from);
}

void TokenRun::setColours(std::function<QColor(int)> colourOf)
{
    m_colourOf = std::move(colourOf);
    viewport()->update();
}

void TokenRun::setDescriptions(std::function<QString(int)> describe)
{
    m_describe = std::move(describe);
}

// Left to right, wrapped at the width; only what comes after `from` moves.
void TokenRun::layOut(std::size_t from)
{
    const QFontMetrics metrics(font()), small(m_themes.fixedFont(kCaptionScale));
    const bool captions = std::ranges::any_of(m_pieces, [](const Piece &p) { return !p.caption.isEmpty(); });
    const int height = metrics.height() + kRowPadding + (captions ? small.height() : 0);
    const int gap = m_look == Look::Boxes ? kBoxGap : kTextGap;
    const int padding = m_look == Look::Boxes ? kBoxPadding : kTextPadding;
    const int width = viewport()->width() - kMargin;
    m_boxes.resize(from);
    QPoint at(kMargin, kMargin / 2);
    const auto goOn = [&](std::size_t before) {
        const QRect &box = m_boxes[before];
        at = m_pieces[before].endsLine ? QPoint(kMargin, box.top() + height + gap)
                                       : QPoint(box.right() + 1 + gap, box.top());
    };
    if (from > 0)
        goOn(from - 1);
    QHash<std::pair<QString, QString>, int> widths; // a long text has far fewer different tokens than tokens
    const auto widthOf = [&](const Piece &piece) {
        int &known = widths[{piece.text, piece.caption}];
        if (known == 0)
            known = 2 * padding +
                    std::max(metrics.horizontalAdvance(piece.text), small.horizontalAdvance(piece.caption));
        return known;
    };
    for (std::size_t i = from; i < m_pieces.size(); ++i) {
        const int w = widthOf(m_pieces[i]);
        if (at.x() + w > width && at.x() > kMargin)
            at = QPoint(kMargin, at.y() + height + gap);
        m_boxes.emplace_back(at, QSize(w, height));
        goOn(i);
    }
    updateScrollBar();
    viewport()->update();
}

void TokenRun::updateScrollBar()
{
    const int height = m_boxes.empty() ? 0 : m_boxes.back().bottom() + kMargin;
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(QFontMetrics(font()).height());
    verticalScrollBar()->setRange(0, std::max(0, height - viewport()->height()));
}

QString TokenRun::description(int index) const
{
    return m_describe ? m_describe(index) : m_pieces[std::size_t(index)].text;
}

void TokenRun::select(int index)
{
    if (index < 0 || index >= count())
        return;
    m_selected = index;
    setAccessibleDescription(description(index));
    const QRect box = m_boxes[std::size_t(index)];
    auto *bar = verticalScrollBar();
    if (box.top() < bar->value())
        bar->setValue(box.top() - kMargin);
    else if (box.bottom() > bar->value() + viewport()->height())
        bar->setValue(box.bottom() - viewport()->height() + kMargin);
    viewport()->update();
    emit selectionChanged(index);
}

void TokenRun::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    const int top = verticalScrollBar()->value();
    const auto first =
        std::ranges::lower_bound(m_boxes, top, {}, [](const QRect &box) { return box.bottom(); });
    for (auto i = std::size_t(first - m_boxes.begin()); i < m_boxes.size(); ++i) {
        const QRect box = m_boxes[i].translated(0, -top);
        if (box.top() > viewport()->height())
            break;
        paintPiece(painter, i, box);
    }
}

void TokenRun::paintPiece(QPainter &painter, std::size_t index, const QRect &box) const
{
    const Theme &theme = m_themes.theme();
    const Piece &piece = m_pieces[index];
    const QColor plain = m_look == Look::Boxes ? theme.code : theme.surface;
    const QColor own = m_colourOf ? m_colourOf(int(index)) : QColor();
    const QColor ground = own.isValid() ? own : plain;
    const bool selected = int(index) == m_selected;
    painter.setPen(selected ? QPen(hasFocus() ? theme.focus : theme.accent, 2) : QPen(Qt::NoPen));
    painter.setBrush(ground);
    painter.drawRoundedRect(box, kRadius, kRadius);
    // On a strong colour the text is black or white: one of them can be read on any.
    QColor ink = theme.text;
    if (contrast(ink, ground) < kReadable)
        ink = contrast(Qt::black, ground) > contrast(Qt::white, ground) ? Qt::black : Qt::white;
    painter.setPen(ink);
    painter.setFont(font());
    QRect line = box;
    if (!piece.caption.isEmpty()) {
        const int small = QFontMetrics(m_themes.fixedFont(kCaptionScale)).height();
        line.setBottom(box.bottom() - small);
        painter.drawText(line, Qt::AlignCenter, piece.text);
        painter.setFont(m_themes.fixedFont(kCaptionScale));
        painter.setPen(own.isValid() ? ink : theme.muted);
        painter.drawText(QRect(box.left(), line.bottom(), box.width(), small), Qt::AlignCenter,
                         piece.caption);
        return;
    }
    painter.drawText(line, Qt::AlignCenter, piece.text);
}

void TokenRun::resizeEvent(QResizeEvent *)
{
    layOut(0);
}

int TokenRun::under(const QPoint &position) const
{
    const QPoint at = position + QPoint(0, verticalScrollBar()->value());
    const auto row =
        std::ranges::lower_bound(m_boxes, at.y(), {}, [](const QRect &box) { return box.bottom(); });
    for (auto box = row; box != m_boxes.end() && box->top() <= at.y(); ++box)
        if (box->contains(at))
            return int(box - m_boxes.begin());
    return -1;
}

// The piece above or below the selected one that lies closest; the selected one where there is none.
int TokenRun::inNeighbouringRow(int step) const
{
    if (m_selected < 0)
        return 0;
    const QRect from = m_boxes[std::size_t(m_selected)];
    int best = m_selected, row = -1;
    for (int i = m_selected + step; i >= 0 && i < count(); i += step) {
        const QRect &box = m_boxes[std::size_t(i)];
        if (box.top() == from.top())
            continue;
        if (row >= 0 && box.top() != row)
            break;
        const auto distance = [&](int index) {
            return std::abs(m_boxes[std::size_t(index)].center().x() - from.center().x());
        };
        if (row < 0 || distance(i) < distance(best))
            best = i;
        row = box.top();
    }
    return best;
}

bool TokenRun::viewportEvent(QEvent *event)
{
    if (event->type() != QEvent::ToolTip || !m_describe)
        return QAbstractScrollArea::viewportEvent(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    if (const int index = under(help->pos()); index >= 0)
        QToolTip::showText(help->globalPos(), description(index), viewport());
    else
        QToolTip::hideText();
    return true;
}

void TokenRun::mousePressEvent(QMouseEvent *event)
{
    if (const int index = under(event->pos()); index >= 0)
        select(index);
}

void TokenRun::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Left: select(std::max(0, m_selected - 1)); return;
    case Qt::Key_Right: select(std::min(count() - 1, m_selected + 1)); return;
    case Qt::Key_Up: select(inNeighbouringRow(-1)); return;
    case Qt::Key_Down: select(inNeighbouringRow(1)); return;
    case Qt::Key_Home: select(0); return;
    case Qt::Key_End: select(count() - 1); return;
    default: QAbstractScrollArea::keyPressEvent(event);
    }
}

} // namespace volary::ui
