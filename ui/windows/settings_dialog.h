// Settings: few, and applied at once.
#pragma once

#include "ui/windows/preferences.h"

#include <QDialog>

namespace volary::ui {

class SettingsDialog : public QDialog {
    Q_OBJECT

public:
    // `library`: the file with all conversations, shown with a button that opens its folder.
    SettingsDialog(Preferences &preferences, const QString &library, QWidget *parent = nullptr);
};

} // namespace volary::ui
