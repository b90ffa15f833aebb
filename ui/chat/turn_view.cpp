#include "ui/chat/turn_view.h"

#include "core/text/reasoning.h"

#include <QEnterEvent>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

#include <algorithm>

namespace volary::ui {

namespace {

constexpr int kSideMargin = 24;
constexpr int kBubblePadding = 14;
constexpr int kBlockGap = 10;
constexpr qsizetype kMaxBlocks = 400;

// The model that wrote a reply, where that was noted.
QString writer(const Turn &turn)
{
    const QJsonObject stats = QJsonDocument::fromJson(QByteArray::fromStdString(turn.statsJson)).object();
    const QString model = stats.value(QStringLiteral("model")).toString();
    return model.isEmpty() ? TurnView::tr("Reply") : model;
}

} // namespace

TurnView::TurnView(const ThemeManager &themes, const Turn &turn, QWidget *parent)
    : QWidget(parent), m_themes(themes), m_turn(turn), m_role(new QLabel(this)), m_status(new QLabel(this)),
      m_thought(new QToolButton(this)), m_continue(new QPushButton(tr("Continue"), this)),
      m_previous(new QToolButton(this)), m_version(new QLabel(this)), m_next(new QToolButton(this))
{
    setObjectName(QStringLiteral("turn"));
    m_role->setProperty("role", "caption");
    m_role->setTextFormat(Qt::PlainText); // a model's name comes from a file
    m_role->setText(isUser() ? tr("You") : writer(turn));
    m_version->setProperty("role", "caption");
    m_version->setAlignment(Qt::AlignCenter);
    m_status->setProperty("role", "caption");
    m_status->setWordWrap(true);
    m_continue->setProperty("kind", "quiet");
    m_continue->setIcon(themes.icon(QStringLiteral("continue")));
    m_continue->setAccessibleName(tr("Continue this reply"));
    connect(m_continue, &QPushButton::clicked, this, [this] { emit continueRequested(m_turn.id); });

    const auto pager = [&](QToolButton *button, const QString &icon, const QString &name, int step) {
        button->setIcon(themes.icon(icon, IconTone::Muted));
        button->setProperty("kind", "quiet");
        button->setAccessibleName(name);
        button->setToolTip(name);
        button->setFocusPolicy(Qt::TabFocus);
        button->hide();
        connect(button, &QToolButton::clicked, this,
                [this, step] { emit versionRequested(m_turn.id, step); });
    };
    pager(m_previous, QStringLiteral("chevron-left"), tr("Previous version"), -1);
    pager(m_next, QStringLiteral("chevron-right"), tr("Next version"), 1);
    m_version->hide();
    m_thought->setObjectName(QStringLiteral("turn.thought"));
    m_thought->setCheckable(true);
    m_thought->setProperty("kind", "quiet");
    m_thought->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_thought->setFocusPolicy(Qt::StrongFocus);
    m_thought->setToolTip(tr("Show or hide what the model thought before it answered"));
    m_thought->hide();
    connect(m_thought, &QToolButton::toggled, this, [this] {
        refreshThought();
        emit thoughtFolded(m_turn.id);
    });

    if (isUser())
        m_actions.push_back(
            addAction(QStringLiteral("edit"), tr("Edit as a new branch"), &TurnView::editRequested));
    else
        m_actions.push_back(addAction(QStringLiteral("regenerate"), tr("Write another version"),
                                      &TurnView::regenerateRequested));
    m_actions.push_back(
        addAction(QStringLiteral("branch"), tr("Branch from here"), &TurnView::branchRequested));
    m_actions.push_back(addAction(QStringLiteral("copy"), tr("Copy"), &TurnView::copyRequested));
    showActions(false);
    addText(turn.text);
    refreshStatus();
}

TurnView::~TurnView() = default;

QToolButton *TurnView::addAction(const QString &icon, const QString &name, void (TurnView::*signal)(TurnId))
{
    auto *button = new QToolButton(this);
    button->setIcon(m_themes.icon(icon, IconTone::Muted));
    button->setProperty("kind", "quiet");
    button->setAccessibleName(name);
    button->setToolTip(name);
    button->setFocusPolicy(Qt::TabFocus);
    button->installEventFilter(this);
    connect(button, &QToolButton::clicked, this, [this, signal] { emit(this->*signal)(m_turn.id); });
    return button;
}

void TurnView::setTurn(const Turn &turn)
{
    m_turn = turn;
    if (!isUser())
        m_role->setText(writer(turn));
    if (m_source != turn.text) {
        m_source.clear();
        m_answering = false;
        m_text = StreamingMarkdown();
        m_frozen = 0;
        m_blocks.clear();
        addText(turn.text);
    }
    refreshThought();
    refreshStatus();
    emit heightChanged();
}

void TurnView::setVersions(int number, int count)
{
    for (QWidget *widget : {static_cast<QWidget *>(m_previous), static_cast<QWidget *>(m_next),
                            static_cast<QWidget *>(m_version)})
        widget->setVisible(count > 1);
    m_version->setText(QStringLiteral("%1 / %2").arg(number).arg(count));
    m_version->setAccessibleName(tr("Version %1 of %2").arg(number).arg(count));
    m_previous->setEnabled(number > 1);
    m_next->setEnabled(number < count);
}

void TurnView::setRunning(bool running)
{
    m_running = running;
    showActions(false);
    addText({}); // what might have become a tag is text now
    refreshThought();
    refreshStatus();
}

// Splits what is thought from the answer. A tag may arrive in pieces, so the whole text is looked at until
// the answer begins; from then on text is only added.
void TurnView::addText(const std::string &text)
{
    m_source += text;
    if (m_answering || isUser()) {
        m_text.append(QString::fromStdString(text));
    } else {
        const Reasoning parts = splitReasoning(m_source);
        const bool mayBecomeTag = m_running && std::string_view("<think>").starts_with(m_source);
        m_answering = !parts.answer.empty() && !mayBecomeTag;
        if (m_answering)
            m_text.append(QString::fromUtf8(parts.answer.data(), qsizetype(parts.answer.size())));
        refreshThought();
    }
    refreshBlocks();
}

// The fold is there when something was thought; while that runs, the text in it grows.
void TurnView::refreshThought()
{
    const Reasoning parts = isUser() ? Reasoning() : splitReasoning(m_source);
    const bool thinks = parts.present && !parts.closed && m_running;
    m_thought->setVisible(thinks || !parts.thought.empty());
    const bool open = m_thought->isChecked();
    QString title = thinks         ? tr("Thinking …")
                    : parts.closed ? tr("Thought")
                                   : tr("Thought, without an answer");
    const QJsonObject stats = QJsonDocument::fromJson(QByteArray::fromStdString(m_turn.statsJson)).object();
    const double tokens = stats.value(QStringLiteral("thought_tokens")).toDouble();
    const double rate = stats.value(QStringLiteral("tokens_per_second")).toDouble();
    if (parts.closed && tokens > 0 && rate > 0)
        title = tr("Thought for %1 tokens, %2 s")
                    .arg(QLocale().toString(tokens, 'f', 0), QLocale().toString(tokens / rate, 'f', 1));
    m_thought->setText(title);
    m_thought->setAccessibleName(title);
    m_thought->setAccessibleDescription(open ? tr("Unfolded") : tr("Folded"));
    m_thought->setIcon(m_themes.icon(open ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right"),
                                     IconTone::Muted));
    if (!open || m_thought->isHidden()) {
        m_thoughtText.reset();
        return;
    }
    MarkdownBlock block; // as written: thoughts are no Markdown, and none of it becomes mark-up
    block.html =
        QStringLiteral("<p style='white-space:pre-wrap'>%1</p>")
            .arg(QString::fromUtf8(parts.thought.data(), qsizetype(parts.thought.size())).toHtmlEscaped());
    if (m_thoughtText) {
        m_thoughtText->update(block);
        return;
    }
    m_thoughtText = makeBlockView(m_themes, block, this);
    m_thoughtText->widget()->setObjectName(QStringLiteral("turn.thoughtText"));
    m_thoughtText->widget()->show();
}

void TurnView::appendText(const QString &text)
{
    const bool first = m_source.empty();
    addText(text.toStdString());
    if (first)
        refreshStatus();
    emit heightChanged();
}

void TurnView::setSelected(bool selected)
{
    if (m_selected == selected)
        return;
    m_selected = selected;
    showActions(selected);
    update();
}

int TurnView::highlight(const QString &words)
{
    int found = m_thoughtText ? m_thoughtText->highlight(words) : 0;
    for (const auto &block : m_blocks)
        found += block->highlight(words);
    return found;
}

// Each block is a widget, and a hostile text can have very many: the last one takes what is beyond the limit.
QList<MarkdownBlock> TurnView::shownBlocks() const
{
    QList<MarkdownBlock> blocks = m_text.frozen() + m_text.tail();
    if (blocks.size() <= kMaxBlocks)
        return blocks;
    MarkdownBlock rest;
    for (qsizetype i = kMaxBlocks - 1; i < blocks.size(); ++i)
        rest.html += blocks[i].kind == MarkdownBlock::Kind::Code
                         ? QStringLiteral("<pre>%1</pre>").arg(blocks[i].code.toHtmlEscaped())
                         : blocks[i].html;
    blocks.resize(kMaxBlocks - 1);
    blocks.append(rest);
    return blocks;
}

// Frozen blocks are made once; of the rest those that changed are made or filled again.
void TurnView::refreshBlocks()
{
    const QList<MarkdownBlock> shown = shownBlocks();
    std::size_t at = m_frozen;
    for (qsizetype i = qsizetype(m_frozen); i < shown.size(); ++i, ++at) {
        if (at < m_blocks.size() && m_blocks[at]->update(shown[i]))
            continue;
        m_blocks.resize(at);
        m_blocks.push_back(makeBlockView(m_themes, shown[i], this));
        m_blocks.back()->widget()->show();
    }
    m_blocks.resize(at);
    m_frozen = std::size_t(std::min(m_text.frozen().size(), kMaxBlocks - 1));
}

void TurnView::refreshStatus()
{
    QString status;
    if (m_running)
        status = m_source.empty() ? tr("Thinking …") : QString();
    else if (m_turn.status == TurnStatus::Partial)
        status = tr("Interrupted here. Everything above is kept.");
    else if (m_turn.status == TurnStatus::Stopped)
        status = tr("Stopped here.");
    if (m_turn.damaged)
        status = tr("This text does not match its checksum: the library file was damaged. ") + status;
    m_status->setText(status);
    m_status->setVisible(!status.isEmpty());
    m_continue->setVisible(!m_running && !isUser() && m_turn.status != TurnStatus::Finished);
}

void TurnView::showActions(bool show)
{
    for (QToolButton *action : m_actions)
        action->setVisible(show && !m_running);
}

// The text column stands in the middle; a user's turn has a card of its own behind it.
QRect TurnView::bubble(int width) const
{
    const int column = std::min(kMaxTextWidth + 2 * kBubblePadding, width - 2 * kSideMargin);
    return {(width - column) / 2, 4, column, m_contentHeight};
}

// Returns where the answer begins.
int TurnView::layOutThought(int left, int y, int width)
{
    if (m_thought->isHidden())
        return y;
    const QSize size = m_thought->sizeHint();
    m_thought->setGeometry(left, y, std::min(size.width(), width), size.height());
    y += size.height() + kBlockGap / 2;
    if (!m_thoughtText)
        return y;
    const int indent = kBubblePadding, height = m_thoughtText->heightAt(width - indent);
    m_thoughtText->widget()->setGeometry(left + indent, y, width - indent, height);
    return y + height + kBlockGap;
}

int TurnView::layOut(int width)
{
    resize(width, height());
    const QRect column = bubble(width);
    const int left = column.left() + kBubblePadding, inner = column.width() - 2 * kBubblePadding;
    const int headerHeight = std::max(m_actions.front()->sizeHint().height(), m_role->sizeHint().height());
    int y = column.top() + (isUser() ? 8 : 4);

    m_role->setGeometry(left, y, m_role->sizeHint().width() + 4, headerHeight);
    int right = left + inner;
    for (auto action = m_actions.rbegin(); action != m_actions.rend(); ++action) {
        const QSize size = (*action)->sizeHint();
        right -= size.width();
        (*action)->setGeometry(right, y, size.width(), headerHeight);
    }
    int pager = left + m_role->width() + 8;
    for (QWidget *part : {static_cast<QWidget *>(m_previous), static_cast<QWidget *>(m_version),
                          static_cast<QWidget *>(m_next)}) {
        const int w = part->sizeHint().width();
        part->setGeometry(pager, y, w, headerHeight);
        pager += w;
    }
    y = layOutThought(left, y + headerHeight + 4, inner);
    for (const auto &block : m_blocks) {
        const int h = block->heightAt(inner);
        block->widget()->setGeometry(left, y, inner, h);
        y += h + kBlockGap;
    }
    if (!m_status->isHidden() || !m_continue->isHidden()) {
        const int buttonWidth = m_continue->isHidden() ? 0 : m_continue->sizeHint().width();
        const int statusWidth = inner - buttonWidth - 8;
        const int h = std::max({m_status->heightForWidth(statusWidth),
                                m_continue->isHidden() ? 0 : m_continue->sizeHint().height(), 18});
        m_status->setGeometry(left, y, statusWidth, h);
        m_continue->setGeometry(left + inner - buttonWidth, y, buttonWidth, h);
        y += h + kBlockGap;
    }
    y += isUser() ? 2 : 0;
    m_contentHeight = y - column.top();
    const int total = y + 8;
    resize(width, total);
    update();
    return total;
}

void TurnView::enterEvent(QEnterEvent *)
{
    showActions(true);
}

void TurnView::leaveEvent(QEvent *)
{
    showActions(m_selected);
}

bool TurnView::eventFilter(QObject *, QEvent *event)
{
    if (event->type() == QEvent::FocusIn)
        showActions(true);
    return false;
}

void TurnView::mousePressEvent(QMouseEvent *)
{
    emit selected(m_turn.id);
}

void TurnView::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_themes.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF card = QRectF(bubble(width())).adjusted(0.5, 0.5, -0.5, -0.5);
    if (isUser()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.accentSoft);
        painter.drawRoundedRect(card, theme.radius + 4, theme.radius + 4);
    }
    if (m_selected) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.accent);
        painter.drawRoundedRect(QRectF(card.left() - 8, card.top() + 6, 3, card.height() - 12), 1.5, 1.5);
    }
}

} // namespace volary::ui
