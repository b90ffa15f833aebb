#include "ui/windows/rail.h"

#include <QButtonGroup>
#include <QToolButton>
#include <QVBoxLayout>

namespace volary::ui {

namespace {
constexpr int kIconSize = 22;
constexpr int kButtonWidth = 84;
} // namespace

Rail::Rail(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_themes(themes), m_buttons(new QButtonGroup(this)), m_layout(new QVBoxLayout(this))
{
    setProperty("ground", "window");
    setAttribute(Qt::WA_StyledBackground);
    const int space = themes.theme().space;
    m_layout->setContentsMargins(space, space, space, space);
    m_layout->setSpacing(space / 2);
    m_layout->addStretch(1);
    connect(m_buttons, &QButtonGroup::idClicked, this, &Rail::chosen);
}

void Rail::add(const QString &iconName, const QString &title, const QString &objectName, const QString &keys)
{
    auto *button = new QToolButton;
    button->setObjectName(objectName);
    button->setProperty("kind", "rail");
    button->setIcon(m_themes.icon(iconName, IconTone::Muted));
    button->setIconSize({kIconSize, kIconSize});
    button->setText(title);
    button->setToolTip(tr("%1 (%2)").arg(title, keys));
    button->setAccessibleName(tr("%1 workspace").arg(title));
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setCheckable(true);
    button->setFocusPolicy(Qt::TabFocus);
    button->setFixedWidth(kButtonWidth);
    const int number = int(m_buttons->buttons().size());
    m_buttons->addButton(button, number);
    m_layout->insertWidget(number, button);
}

void Rail::setCurrent(int workspace)
{
    if (QAbstractButton *button = m_buttons->button(workspace))
        button->setChecked(true);
}

} // namespace volary::ui
