#include "ui/widgets/undo_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace volary::ui {

namespace {
constexpr int kShownMs = 12'000;
}

UndoBar::UndoBar(const QString &meaning, QWidget *parent) : QFrame(parent), m_text(new QLabel)
{
    setProperty("card", "raised");
    hide();
    auto *button = new QPushButton(tr("Undo"));
    button->setProperty("kind", "quiet");
    button->setAccessibleName(meaning);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(12, 6, 6, 6);
    row->addWidget(m_text, 1);
    row->addWidget(button);
    connect(button, &QPushButton::clicked, this, [this] {
        hide();
        emit undone();
    });
    m_timer.setSingleShot(true);
    m_timer.setInterval(kShownMs);
    connect(&m_timer, &QTimer::timeout, this, &QWidget::hide);
}

void UndoBar::showFor(const QString &text)
{
    m_text->setText(text);
    show();
    m_timer.start();
}

} // namespace volary::ui
