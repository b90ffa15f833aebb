// A small rounded label that can be clicked: the model, a job, a state size.
#pragma once

#include "ui/theme/theme.h"

#include <QToolButton>

namespace volary::ui {

// Shows an icon and a few words. Without a click handler it is plain information and takes no focus.
class Chip : public QToolButton {
    Q_OBJECT

public:
    enum class Kind { Information, Button };

    Chip(const ThemeManager &themes, const QString &iconName, Kind kind, QWidget *parent = nullptr);

    // The whole text; the chip shortens it in the middle when it is wider than maximumTextWidth().
    void setLabel(const QString &text);
    // What the value is ("Model"), for the tool tip and for screen readers; the label is added.
    void setMeaning(const QString &meaning);

private:
    void refresh();

    QString m_label;
    QString m_meaning;
};

} // namespace volary::ui
