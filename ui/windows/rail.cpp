#include "ui/windows/rail.h"

#include <QButtonGroup>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace volary::ui {

namespace {
constexpr int kIconSize = 22;
constexpr int kSmallestWidth = 64;
constexpr int kMargin = 8;          // left and right of a title
constexpr double kTitleScale = 0.9; // as the stylesheet has it
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
    connect(&themes, &ThemeManager::changed, this, &Rail::fitWidth);
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
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    const int number = int(m_buttons->buttons().size());
    m_buttons->addButton(button, number);
    m_layout->insertWidget(number, button);
    fitWidth();
}

// The title of the current workspace is bold: room for that is there before, so that nothing moves.
void Rail::fitWidth()
{
    QFont bold = m_themes.font(kTitleScale);
    bold.setBold(true);
    const QFontMetrics metrics(bold);
    int width = kSmallestWidth;
    for (const QAbstractButton *button : m_buttons->buttons())
        width = std::max(width, metrics.horizontalAdvance(button->text()) + 2 * kMargin);
    for (QAbstractButton *button : m_buttons->buttons())
        button->setMinimumWidth(width);
}

void Rail::setCurrent(int workspace)
{
    if (QAbstractButton *button = m_buttons->button(workspace))
        button->setChecked(true);
}

} // namespace volary::ui
