// Questions to documents, with their answers as they come.
#pragma once

#include "core/store/library.h"
#include "ui/theme/theme.h"

#include <QHash>
#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QScrollArea;
class QVBoxLayout;

namespace volary::ui {

// A field, and below it one card per question, the newest first. A card leads to the whole conversation.
class QuestionPanel : public QWidget {
    Q_OBJECT

public:
    explicit QuestionPanel(const ThemeManager &themes, QWidget *parent = nullptr);

    // Whether a question can be asked now; else `why` not. `documents`: how many are asked.
    void setReady(bool ready, const QString &why, int documents = 1);
    void setRunning(bool running);
    void showHistory(const std::vector<Conversation> &questions);
    void begin(ConversationId conversation, const QString &question, const QString &document);
    void append(ConversationId conversation, const QString &text);
    // `note`: "0 of 12,400 tokens read again"; shown below the answer.
    void setNote(ConversationId conversation, const QString &note);
    QString answer(ConversationId conversation) const; // for tests
    void setQuestion(const QString &question);
    QWidget *focusTarget() const;

signals:
    void asked(const QString &question);
    void stopRequested();
    void conversationRequested(volary::ConversationId conversation);

private:
    struct Card {
        QLabel *answer;
        QLabel *note;
    };

    void send();
    Card &addCard(ConversationId conversation, const QString &question, const QString &document, int at);

    const ThemeManager &m_themes;
    QLineEdit *m_field;
    QPushButton *m_button;
    QLabel *m_why;
    QScrollArea *m_scroll;
    QVBoxLayout *m_cards;
    QHash<ConversationId, Card> m_byConversation;
    bool m_ready = false;
    bool m_running = false;
};

} // namespace volary::ui
