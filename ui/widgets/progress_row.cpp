#include "ui/widgets/progress_row.h"

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QToolButton>

namespace volary::ui {

namespace {
constexpr int kSteps = 1000;
constexpr int kBarHeight = 6;
} // namespace

ProgressRow::ProgressRow(const ThemeManager &themes, const QString &task, QWidget *parent)
    : QWidget(parent), m_task(new QLabel), m_stage(new QLabel), m_bar(new QProgressBar),
      m_cancel(new QToolButton)
{
    m_stage->setProperty("role", "caption");
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(kBarHeight);
    m_bar->setRange(0, kSteps);
    m_cancel->setIcon(themes.icon(QStringLiteral("close"), IconTone::Muted));
    m_cancel->setToolTip(tr("Cancel"));
    connect(m_cancel, &QToolButton::clicked, this, &ProgressRow::cancelRequested);

    auto *layout = new QGridLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setHorizontalSpacing(themes.theme().space);
    layout->setVerticalSpacing(themes.theme().space / 2);
    layout->addWidget(m_task, 0, 0);
    layout->addWidget(m_stage, 0, 1, Qt::AlignRight);
    layout->addWidget(m_bar, 1, 0, 1, 2);
    layout->addWidget(m_cancel, 0, 2, 2, 1);
    layout->setColumnStretch(0, 1);
    setTask(task);
    setProgress(-1, {});
}

void ProgressRow::setTask(const QString &task)
{
    m_task->setText(task);
    m_bar->setAccessibleName(task);
    m_cancel->setEnabled(true);
    m_cancel->setAccessibleName(tr("Cancel: %1").arg(task));
}

void ProgressRow::setProgress(double fraction, const QString &stage)
{
    m_bar->setRange(0, fraction < 0 ? 0 : kSteps);
    m_bar->setValue(int(fraction * kSteps));
    const QString share =
        fraction < 0 ? QString() : QLocale().toString(int(fraction * 100)) + QLocale().percent();
    m_stage->setText(stage.isEmpty() || share.isEmpty() ? stage + share : tr("%1 · %2").arg(stage, share));
}

void ProgressRow::setCancelling()
{
    m_cancel->setEnabled(false);
    m_stage->setText(tr("Stopping"));
}

} // namespace volary::ui
