// Help > How it works: what is different about a model with a state, in five short paragraphs.
#pragma once

#include "ui/theme/theme.h"

#include <QDialog>

namespace volary::ui {

class HelpPage : public QDialog {
    Q_OBJECT

public:
    explicit HelpPage(const ThemeManager &themes, QWidget *parent = nullptr);
};

} // namespace volary::ui
