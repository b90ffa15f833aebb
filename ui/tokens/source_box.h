// Which text is looked at: one of the user's own, or a conversation up to one of its turns.
#pragma once

#include "core/engine/messages.h"
#include "ui/theme/theme.h"

#include <QWidget>

#include <vector>

class QComboBox;
class QLabel;
class QPlainTextEdit;

namespace volary::ui {

// A turn with a stored state, as the chat shows it.
struct TokenTurn {
    SnapshotId snapshot;
    QString label; // "You: Hello"
};

class SourceBox : public QWidget {
    Q_OBJECT

public:
    SourceBox(const ThemeManager &themes, const QString &example, QWidget *parent = nullptr);

    // Of the conversation in the chat. What is chosen stays chosen, if it is still there.
    void setTurns(const std::vector<TokenTurn> &turns);
    command::TokenSource source() const;
    bool isEmpty() const; // there is nothing to look at
    QWidget *focusTarget();

signals:
    void changed();

private:
    QComboBox *m_choice;
    QPlainTextEdit *m_text;
};

} // namespace volary::ui
