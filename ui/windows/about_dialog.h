// Help > About.
#pragma once

#include "ui/theme/theme.h"

#include <QDialog>

namespace volary::ui {

// Version, licence, and what Volary is built on with the licences of those.
class AboutDialog : public QDialog {
    Q_OBJECT

public:
    explicit AboutDialog(const ThemeManager &themes, QWidget *parent = nullptr);
};

} // namespace volary::ui
