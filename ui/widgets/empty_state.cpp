#include "ui/widgets/empty_state.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace volary::ui {

namespace {
constexpr int kIconSize = 40;
constexpr int kTextWidth = 420;
} // namespace

EmptyState::EmptyState(const ThemeManager &themes, const QString &iconName, const QString &title,
                       const QString &why, QAction *action, QWidget *parent)
    : QWidget(parent), m_why(new QLabel(why))
{
    auto *layout = new QVBoxLayout(this);
    const int space = themes.theme().space;
    layout->setSpacing(space);
    layout->addStretch(2);

    auto *icon = new QLabel;
    icon->setPixmap(themes.icon(iconName, IconTone::Muted).pixmap(kIconSize, kIconSize));
    connect(&themes, &ThemeManager::changed, icon, [icon, iconName, &themes] {
        icon->setPixmap(themes.icon(iconName, IconTone::Muted).pixmap(kIconSize, kIconSize));
    });
    layout->addWidget(icon, 0, Qt::AlignHCenter);
    layout->addSpacing(space / 2);

    auto *heading = new QLabel(title);
    heading->setProperty("role", "heading");
    layout->addWidget(heading, 0, Qt::AlignHCenter);

    m_why->setProperty("role", "muted");
    m_why->setWordWrap(true);
    m_why->setAlignment(Qt::AlignHCenter);
    m_why->setFixedWidth(kTextWidth);
    auto *row = new QHBoxLayout; // an alignment in the column would give the text too few lines
    row->addStretch(1);
    row->addWidget(m_why);
    row->addStretch(1);
    layout->addLayout(row);

    if (action) {
        auto *button = new QPushButton(action->text().remove(u'&'));
        button->setProperty("kind", "primary");
        button->setToolTip(action->shortcut().toString(QKeySequence::NativeText));
        button->setAccessibleName(button->text());
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        layout->addSpacing(space);
        layout->addWidget(button, 0, Qt::AlignHCenter);
    }
    layout->addStretch(3);
}

void EmptyState::setWhy(const QString &why)
{
    m_why->setText(why);
}

} // namespace volary::ui
