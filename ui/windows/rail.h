// The workspace rail: one button per workspace, at the left edge.
#pragma once

#include "ui/theme/theme.h"

#include <QWidget>

class QButtonGroup;
class QVBoxLayout;

namespace volary::ui {

class Rail : public QWidget {
    Q_OBJECT

public:
    explicit Rail(const ThemeManager &themes, QWidget *parent = nullptr);

    void add(const QString &iconName, const QString &title, const QString &objectName, const QString &keys);
    void setCurrent(int workspace);

signals:
    void chosen(int workspace);

private:
    void fitWidth();

    const ThemeManager &m_themes;
    QButtonGroup *m_buttons;
    QVBoxLayout *m_layout;
};

} // namespace volary::ui
