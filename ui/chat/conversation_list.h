// The left column of the chat: search, conversations, trash.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/chat/conversation_list_model.h"
#include "ui/theme/theme.h"

#include <QTimer>
#include <QWidget>

class QAction;
class QLabel;
class QLineEdit;
class QListView;
class QToolButton;

namespace volary::ui {

class UndoBar;

class ConversationList : public QWidget {
    Q_OBJECT

public:
    ConversationList(EngineBridge &bridge, const ThemeManager &themes, QAction *newConversation,
                     QWidget *parent = nullptr);

    void setCurrent(ConversationId conversation);
    void focusSearch();
    void renameCurrent();
    void deleteCurrent();
    ConversationListModel &model() { return *m_model; }
    QString searchText() const;
    void setSearchText(const QString &text);

signals:
    void conversationChosen(volary::ConversationId conversation);
    void hitChosen(volary::ConversationId conversation, volary::TurnId turn);
    void conversationGone(volary::ConversationId conversation);

private:
    void connectBridge();
    void activate(const QModelIndex &index);
    void search();
    void showTrash(bool trash);
    void showMenu(const QModelIndex &index, const QPoint &position); // of the list
    QPoint middleOf(const QModelIndex &index) const;
    bool eventFilter(QObject *watched, QEvent *event) override; // the key for menus
    ConversationId conversationAt(const QModelIndex &index) const;

    EngineBridge &m_bridge;
    const ThemeManager &m_themes;
    QLineEdit *m_search;
    QListView *m_list;
    QToolButton *m_trash;
    QLabel *m_empty;
    UndoBar *m_undo;
    ConversationListModel *m_model;
    QTimer m_searchTimer;
    RequestId m_searchRequest = 0, m_listRequest = 0;
    ConversationId m_current = 0, m_deleted = 0;
};

} // namespace volary::ui
