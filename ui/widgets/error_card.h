// An error for the person at the screen.
#pragma once

#include "core/base/result.h"
#include "ui/theme/theme.h"

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QPushButton;

namespace volary::ui {

// Says what happened, what was kept, and what to do next; the details come with "Copy report", which never
// contains anything of a conversation.
class ErrorCard : public QFrame {
    Q_OBJECT

public:
    ErrorCard(const ThemeManager &themes, QWidget *parent = nullptr);

    // `title` names the task that failed ("goose.pth could not be opened").
    void show(const QString &title, const Error &error, const QString &kept = {});
    // The next step as a button, left of "Copy report".
    QPushButton *addButton(const QString &text);

    // What "Copy report" copies: versions, system, error.
    QString report() const;

signals:
    void dismissed();

private:
    const ThemeManager &m_themes;
    QLabel *m_title;
    QLabel *m_what;
    QLabel *m_kept;
    QLabel *m_remedy;
    QHBoxLayout *m_buttons;
};

} // namespace volary::ui
