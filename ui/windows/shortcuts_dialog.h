// Help > Keyboard shortcuts.
#pragma once

#include "ui/theme/theme.h"

#include <QDialog>
#include <QList>

class QAction;

namespace volary::ui {

// Lists what each action's own shortcut is, so it is never out of date.
class ShortcutsDialog : public QDialog {
    Q_OBJECT

public:
    ShortcutsDialog(const ThemeManager &themes, const QList<QAction *> &actions, QWidget *parent = nullptr);
};

} // namespace volary::ui
