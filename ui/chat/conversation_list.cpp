#include "ui/chat/conversation_list.h"

#include "ui/widgets/two_line_delegate.h"
#include "ui/widgets/undo_bar.h"

#include <QAction>
#include <QContextMenuEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace volary::ui {

namespace {
constexpr int kSearchDelayMs = 150;
} // namespace

ConversationList::ConversationList(EngineBridge &bridge, const ThemeManager &themes, QAction *newConversation,
                                   QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_themes(themes), m_search(new QLineEdit(this)),
      m_list(new QListView(this)), m_trash(new QToolButton(this)), m_empty(new QLabel(this)),
      m_undo(new UndoBar(tr("Take the conversation out of the trash"), this)),
      m_model(new ConversationListModel(this))
{
    setProperty("ground", "window");
    setAttribute(Qt::WA_StyledBackground);
    auto *heading = new QLabel(tr("Conversations"), this);
    heading->setProperty("role", "heading");
    auto *create = new QToolButton(this);
    create->setDefaultAction(newConversation);
    create->setProperty("kind", "quiet");
    create->setAccessibleName(tr("New conversation"));
    m_trash->setIcon(themes.icon(QStringLiteral("trash"), IconTone::Muted));
    m_trash->setProperty("kind", "quiet");
    m_trash->setCheckable(true);
    m_trash->setToolTip(tr("Show the trash"));
    m_trash->setAccessibleName(tr("Show the trash"));
    connect(m_trash, &QToolButton::toggled, this, &ConversationList::showTrash);

    m_search->setPlaceholderText(tr("Search everything"));
    m_search->setAccessibleName(tr("Search in all conversations"));
    m_search->setObjectName(QStringLiteral("chatSearch"));
    m_search->setClearButtonEnabled(true);
    m_search->addAction(themes.icon(QStringLiteral("search"), IconTone::Muted), QLineEdit::LeadingPosition);
    m_searchTimer.setSingleShot(true);
    m_searchTimer.setInterval(kSearchDelayMs);
    connect(m_search, &QLineEdit::textChanged, &m_searchTimer, qOverload<>(&QTimer::start));
    connect(&m_searchTimer, &QTimer::timeout, this, &ConversationList::search);
    connect(m_search, &QLineEdit::returnPressed, this, [this] {
        if (m_model->rowCount() > 0)
            activate(m_model->index(0));
    });

    m_list->setModel(m_model);
    m_list->setItemDelegate(new TwoLineDelegate(themes, m_list));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setUniformItemSizes(true);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setEditTriggers(QAbstractItemView::EditKeyPressed);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->setAccessibleName(tr("Conversations"));
    m_list->setObjectName(QStringLiteral("conversationList"));
    m_list->setProperty("pane", true);
    m_list->setProperty("plain", true);
    connect(m_list, &QListView::clicked, this, &ConversationList::activate);
    connect(m_list, &QListView::activated, this, [this](const QModelIndex &index) {
        if (m_trash->isChecked() && !m_model->showsHits())
            showMenu(index, middleOf(index)); // there is nothing to open, only what to do with it
        else
            activate(index);
    });
    connect(m_list, &QListView::customContextMenuRequested, this,
            [this](const QPoint &position) { showMenu(m_list->indexAt(position), position); });
    m_list->installEventFilter(this);
    connect(m_model, &ConversationListModel::renamed, this,
            [this](ConversationId conversation, const QString &title) {
                m_bridge.post(command::RenameConversation{conversation, title.toStdString()});
            });

    m_empty->setProperty("role", "muted");
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    m_empty->setContentsMargins(16, 24, 16, 0);
    m_empty->hide();

    connect(m_undo, &UndoBar::undone, this, [this] {
        m_bridge.post(command::DisposeConversation{m_deleted, command::Disposal::Restore});
    });

    auto *top = new QHBoxLayout;
    top->setContentsMargins(16, 12, 8, 4);
    top->addWidget(heading, 1);
    top->addWidget(m_trash);
    top->addWidget(create);
    auto *searchRow = new QHBoxLayout;
    searchRow->setContentsMargins(12, 0, 12, 6);
    searchRow->addWidget(m_search);
    auto *undoMargin = new QHBoxLayout;
    undoMargin->setContentsMargins(8, 4, 8, 8);
    undoMargin->addWidget(m_undo);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(top);
    column->addLayout(searchRow);
    column->addWidget(m_empty);
    column->addWidget(m_list, 1);
    column->addLayout(undoMargin);
    connectBridge();
}

void ConversationList::connectBridge()
{
    connect(&m_bridge, &EngineBridge::libraryOpened, this,
            [this] { m_listRequest = m_bridge.post(command::ListConversations{m_trash->isChecked()}); });
    connect(&m_bridge, &EngineBridge::chatsImported, this,
            [this] { m_listRequest = m_bridge.post(command::ListConversations{m_trash->isChecked()}); });
    connect(&m_bridge, &EngineBridge::conversationList, this,
            [this](RequestId request, const event::ConversationList &list) {
                if (request != m_listRequest)
                    return;
                m_model->setConversations(list.conversations);
                m_empty->setText(
                    list.trash ? tr("The trash is empty.")
                               : tr("No conversations yet. Whatever you write is kept here, turn by turn."));
                m_empty->setVisible(list.conversations.empty());
                setCurrent(m_current);
            });
    connect(&m_bridge, &EngineBridge::conversationCreated, this,
            [this](RequestId, const event::ConversationCreated &created) {
                if (m_trash->isChecked())
                    return;
                m_empty->hide();
                m_model->change(created.conversation);
            });
    connect(&m_bridge, &EngineBridge::conversationChanged, this,
            [this](RequestId, const event::ConversationChanged &changed) {
                if (m_trash->isChecked())
                    return;
                m_model->change(changed.conversation);
                setCurrent(m_current);
            });
    connect(&m_bridge, &EngineBridge::conversationDisposed, this,
            [this](RequestId, const event::ConversationDisposed &disposed) {
                if (disposed.disposal == command::Disposal::Trash) {
                    m_deleted = disposed.conversation;
                    m_undo->showFor(tr("Moved to the trash"));
                }
                if (disposed.disposal != command::Disposal::Restore)
                    emit conversationGone(disposed.conversation);
                m_model->remove(disposed.conversation);
                if (disposed.disposal == command::Disposal::Restore || m_model->rowCount() == 0)
                    m_listRequest = m_bridge.post(command::ListConversations{m_trash->isChecked()});
            });
    connect(&m_bridge, &EngineBridge::searchResults, this,
            [this](RequestId request, const event::SearchResults &results) {
                if (request != m_searchRequest || m_search->text().trimmed().isEmpty())
                    return;
                m_model->setHits(results.hits);
                m_empty->setText(tr("Nothing found."));
                m_empty->setVisible(results.hits.empty());
            });
}

ConversationId ConversationList::conversationAt(const QModelIndex &index) const
{
    return index.data(ConversationListModel::ConversationRole).toLongLong();
}

void ConversationList::activate(const QModelIndex &index)
{
    if (!index.isValid())
        return;
    if (m_model->showsHits())
        emit hitChosen(conversationAt(index), index.data(ConversationListModel::TurnRole).toLongLong());
    else if (!m_trash->isChecked())
        emit conversationChosen(conversationAt(index));
}

void ConversationList::setCurrent(ConversationId conversation)
{
    m_current = conversation;
    const QModelIndex index = m_model->indexOf(conversation);
    if (index.isValid())
        m_list->setCurrentIndex(index);
    else
        m_list->clearSelection();
}

void ConversationList::search()
{
    const QString words = m_search->text().trimmed();
    if (words.isEmpty()) {
        m_model->clearHits();
        m_empty->setVisible(m_model->rowCount() == 0);
        setCurrent(m_current);
        return;
    }
    m_searchRequest = m_bridge.post(command::Search{words.toStdString()});
}

QString ConversationList::searchText() const
{
    return m_search->text();
}

void ConversationList::setSearchText(const QString &text)
{
    m_search->setText(text);
}

void ConversationList::focusSearch()
{
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

void ConversationList::showTrash(bool trash)
{
    m_search->clear();
    m_listRequest = m_bridge.post(command::ListConversations{trash});
}

void ConversationList::renameCurrent()
{
    if (const QModelIndex index = m_model->indexOf(m_current); index.isValid())
        m_list->edit(index);
}

void ConversationList::deleteCurrent()
{
    if (m_current != 0)
        m_bridge.post(command::DisposeConversation{m_current, command::Disposal::Trash});
}

// By key the menu belongs to the chosen row; Qt would take the row in the middle of the list.
bool ConversationList::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_list && event->type() == QEvent::ContextMenu &&
        static_cast<QContextMenuEvent *>(event)->reason() == QContextMenuEvent::Keyboard) {
        showMenu(m_list->currentIndex(), middleOf(m_list->currentIndex()));
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

QPoint ConversationList::middleOf(const QModelIndex &index) const
{
    return m_list->visualRect(index).center();
}

void ConversationList::showMenu(const QModelIndex &index, const QPoint &position)
{
    if (!index.isValid() || m_model->showsHits())
        return;
    const ConversationId conversation = conversationAt(index);
    QMenu menu(this);
    if (m_trash->isChecked()) {
        menu.addAction(tr("Restore"), this, [this, conversation] {
            m_bridge.post(command::DisposeConversation{conversation, command::Disposal::Restore});
        });
        menu.addAction(tr("Delete for good …"), this, [this, conversation] {
            const auto answer = QMessageBox::warning(
                window(), tr("Delete for good?"),
                tr("The conversation and every snapshot of it will be gone. This cannot be undone."),
                QMessageBox::Yes | QMessageBox::Cancel, QMessageBox::Cancel);
            if (answer == QMessageBox::Yes)
                m_bridge.post(command::DisposeConversation{conversation, command::Disposal::DeleteForGood});
        });
    } else {
        menu.addAction(tr("Open"), this, [this, index = QPersistentModelIndex(index)] { activate(index); });
        menu.addAction(tr("Rename"), this,
                       [this, index = QPersistentModelIndex(index)] { m_list->edit(index); });
        menu.addSeparator();
        menu.addAction(tr("Move to the trash"), this, [this, conversation] {
            m_bridge.post(command::DisposeConversation{conversation, command::Disposal::Trash});
        });
    }
    menu.exec(m_list->viewport()->mapToGlobal(position));
}

} // namespace volary::ui
