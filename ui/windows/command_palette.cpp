#include "ui/windows/command_palette.h"

#include "ui/widgets/two_line_delegate.h"
#include "ui/windows/fuzzy.h"

#include <QAction>
#include <QFrame>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QStandardItemModel>
#include <QVBoxLayout>

#include <algorithm>

namespace volary::ui {

namespace {

constexpr int kWidth = 600;
constexpr int kHeight = 420;
constexpr int kMaximumHits = 60;
constexpr int kPageRows = 8;
// With equal letters an action comes before a conversation.
constexpr int kActionHeadStart = 6;

QString plainText(const QAction &action)
{
    QString text = action.text();
    text.remove(u'&');
    return text;
}

} // namespace

CommandPalette::CommandPalette(const ThemeManager &themes, QWidget *parent)
    : QDialog(parent, Qt::Popup | Qt::FramelessWindowHint), m_themes(themes), m_field(new QLineEdit),
      m_list(new QListView), m_nothing(new QLabel(tr("Nothing fits."))), m_rows(new QStandardItemModel(this))
{
    setObjectName(QStringLiteral("palette"));
    setWindowTitle(tr("Command palette"));
    m_field->setObjectName(QStringLiteral("palette.field"));
    m_field->setPlaceholderText(tr("Search actions and conversations, > for actions only"));
    m_field->setAccessibleName(tr("Search actions and conversations"));
    m_field->installEventFilter(this);
    m_list->setObjectName(QStringLiteral("palette.list"));
    m_list->setAccessibleName(tr("Results"));
    m_list->setModel(m_rows);
    m_list->setItemDelegate(new TwoLineDelegate(themes, m_list));
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setMouseTracking(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_nothing->setProperty("role", "muted");
    m_nothing->setAlignment(Qt::AlignCenter);

    auto *card = new QFrame;
    card->setProperty("card", "plain");
    auto *inner = new QVBoxLayout(card);
    const int space = themes.theme().space;
    inner->setContentsMargins(space, space, space, space);
    inner->setSpacing(space);
    inner->addWidget(m_field);
    inner->addWidget(m_list, 1);
    inner->addWidget(m_nothing, 1);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(card);

    connect(m_field, &QLineEdit::textChanged, this, &CommandPalette::refresh);
    connect(m_field, &QLineEdit::returnPressed, this, &CommandPalette::choose);
    connect(m_list, &QListView::clicked, this, &CommandPalette::choose);
}

void CommandPalette::setActions(const QList<QAction *> &actions)
{
    m_actions.clear();
    for (QAction *action : actions)
        m_actions.append(action);
}

void CommandPalette::setConversations(const std::vector<Conversation> &conversations)
{
    m_conversations = conversations;
    if (isVisible())
        refresh();
}

void CommandPalette::popUp(const QString &typed)
{
    const QWidget *window = parentWidget();
    const int width = std::min(kWidth, window->width() - 40);
    resize(width, std::min(kHeight, window->height() - 80));
    QWidget::move(window->mapToGlobal(QPoint((window->width() - width) / 2, window->height() / 10)));
    m_field->setText(typed);
    refresh();
    QDialog::show();
    m_field->setFocus();
}

std::vector<CommandPalette::Hit> CommandPalette::hits(const QString &typed) const
{
    const bool actionsOnly = typed.startsWith(u'>');
    const QString words = (actionsOnly ? typed.mid(1) : typed).trimmed();
    std::vector<Hit> found;
    for (const QPointer<QAction> &action : m_actions) {
        if (!action || !action->isEnabled())
            continue;
        const QString text = plainText(*action);
        if (const auto score = fuzzyScore(words, text))
            found.push_back({*score + kActionHeadStart,
                             action->icon(),
                             text,
                             {},
                             action->shortcut().toString(QKeySequence::NativeText),
                             action,
                             0});
    }
    if (!actionsOnly)
        for (const Conversation &conversation : m_conversations) {
            const QString title = QString::fromStdString(conversation.title);
            if (const auto score = fuzzyScore(words, title))
                found.push_back({*score, m_themes.icon(QStringLiteral("chat"), IconTone::Muted), title,
                                 QString::fromStdString(conversation.preview).simplified(),
                                 tr("Conversation"), nullptr, conversation.id});
        }
    if (!words.isEmpty())
        std::stable_sort(found.begin(), found.end(),
                         [](const Hit &a, const Hit &b) { return a.score > b.score; });
    if (found.size() > kMaximumHits)
        found.resize(kMaximumHits);
    return found;
}

void CommandPalette::refresh()
{
    m_hits = hits(m_field->text());
    m_rows->clear();
    for (const Hit &hit : m_hits) {
        auto *row = new QStandardItem(
            hit.icon.isNull() ? m_themes.icon(QStringLiteral("chevron-right"), IconTone::Muted) : hit.icon,
            hit.text);
        row->setData(hit.caption, TwoLineDelegate::CaptionRole);
        row->setData(hit.trailing, TwoLineDelegate::TrailingRole);
        m_rows->appendRow(row);
    }
    m_list->setVisible(!m_hits.empty());
    m_nothing->setVisible(m_hits.empty());
    if (!m_hits.empty())
        m_list->setCurrentIndex(m_rows->index(0, 0));
}

// The field keeps the keyboard; moving keys go to the list.
bool CommandPalette::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_field && event->type() == QEvent::KeyPress) {
        switch (static_cast<QKeyEvent *>(event)->key()) {
        case Qt::Key_Down: move(1); return true;
        case Qt::Key_Up: move(-1); return true;
        case Qt::Key_PageDown: move(kPageRows); return true;
        case Qt::Key_PageUp: move(-kPageRows); return true;
        default: break;
        }
    }
    return QDialog::eventFilter(watched, event);
}

void CommandPalette::move(int rows)
{
    if (m_hits.empty())
        return;
    const int last = int(m_hits.size()) - 1;
    const int current = m_list->currentIndex().row();
    // One step past an end goes round; a page stops there.
    int next = std::clamp(current + rows, 0, last);
    if (std::abs(rows) == 1 && next == current)
        next = rows > 0 ? 0 : last;
    m_list->setCurrentIndex(m_rows->index(next, 0));
}

void CommandPalette::choose()
{
    const int row = m_list->currentIndex().row();
    if (row < 0 || row >= int(m_hits.size()))
        return;
    const Hit hit = m_hits[std::size_t(row)];
    close(); // first: what is chosen may open a dialog of its own
    if (hit.action)
        hit.action->trigger();
    else if (hit.conversation != 0)
        emit conversationChosen(hit.conversation);
}

} // namespace volary::ui
