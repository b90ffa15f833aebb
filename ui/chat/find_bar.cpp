#include "ui/chat/find_bar.h"

#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QToolButton>

namespace volary::ui {

FindBar::FindBar(const ThemeManager &themes, QWidget *parent) : QWidget(parent), m_field(new QLineEdit)
{
    setProperty("ground", "raised");
    setAttribute(Qt::WA_StyledBackground);
    m_field->setPlaceholderText(tr("Find in this conversation"));
    m_field->setAccessibleName(tr("Find in this conversation"));
    m_field->setObjectName(QStringLiteral("findField"));
    auto *close = new QToolButton;
    close->setIcon(themes.icon(QStringLiteral("close"), IconTone::Muted));
    close->setProperty("kind", "quiet");
    close->setAccessibleName(tr("Close the find bar"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(24, 6, 16, 6);
    row->addWidget(m_field, 1);
    row->addWidget(close);
    connect(close, &QToolButton::clicked, this, &FindBar::closeRequested);
    connect(m_field, &QLineEdit::returnPressed, this, [this] {
        const bool backwards = (QGuiApplication::keyboardModifiers() & Qt::ShiftModifier) != 0;
        emit findRequested(m_field->text(), !backwards);
    });
}

void FindBar::popUp()
{
    show();
    m_field->setFocus(Qt::ShortcutFocusReason);
    m_field->selectAll();
}

} // namespace volary::ui
