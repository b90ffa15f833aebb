// What a page shows while there is nothing to show.
#pragma once

#include "ui/theme/theme.h"

#include <QWidget>

class QAction;
class QLabel;

namespace volary::ui {

// Names the thing, says why it is useful, and offers one button with its shortcut.
class EmptyState : public QWidget {
    Q_OBJECT

public:
    // `action` may be null: then there is nothing to be done about the emptiness.
    EmptyState(const ThemeManager &themes, const QString &iconName, const QString &title, const QString &why,
               QAction *action, QWidget *parent = nullptr);

    void setWhy(const QString &why);

private:
    QLabel *m_why;
};

} // namespace volary::ui
