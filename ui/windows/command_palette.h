// Everything the window can do, one list away: Ctrl+K.
#pragma once

#include "core/store/library.h"
#include "ui/theme/theme.h"

#include <QDialog>
#include <QIcon>
#include <QPointer>

#include <vector>

class QAction;
class QLabel;
class QLineEdit;
class QListView;
class QStandardItemModel;

namespace volary::ui {

// Actions and conversations in one ranked list; ">" limits it to actions. Used from the keyboard: type, Up
// and Down, Enter, Esc. Lives as long as the window and is opened again and again.
class CommandPalette : public QDialog {
    Q_OBJECT

public:
    CommandPalette(const ThemeManager &themes, QWidget *parent);

    // Disabled actions are left out while the palette is open.
    void setActions(const QList<QAction *> &actions);
    void setConversations(const std::vector<Conversation> &conversations);
    // Shows it over the upper part of the parent, with an empty field (or `typed`).
    void popUp(const QString &typed = {});

signals:
    void conversationChosen(volary::ConversationId conversation);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Hit {
        int score;
        QIcon icon;
        QString text;
        QString caption;
        QString trailing;
        QPointer<QAction> action; // either this
        ConversationId conversation = 0;
    };

    std::vector<Hit> hits(const QString &typed) const;
    void refresh();
    void move(int rows);
    void choose();

    const ThemeManager &m_themes;
    QList<QPointer<QAction>> m_actions;
    std::vector<Conversation> m_conversations;
    std::vector<Hit> m_hits;
    QLineEdit *m_field;
    QListView *m_list;
    QLabel *m_nothing;
    QStandardItemModel *m_rows;
};

} // namespace volary::ui
