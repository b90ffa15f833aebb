// The row that finds words in the conversation on show.
#pragma once

#include "ui/theme/theme.h"

#include <QWidget>

class QLineEdit;

namespace volary::ui {

class FindBar : public QWidget {
    Q_OBJECT

public:
    explicit FindBar(const ThemeManager &themes, QWidget *parent = nullptr);

    void popUp(); // with the last words selected

signals:
    void findRequested(const QString &words, bool forward); // Return, and Shift+Return backwards
    void closeRequested();

private:
    QLineEdit *m_field;
};

} // namespace volary::ui
