// One running job: what it does, how far it is, and a way to stop it.
#pragma once

#include "ui/theme/theme.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace volary::ui {

class ProgressRow : public QWidget {
    Q_OBJECT

public:
    ProgressRow(const ThemeManager &themes, const QString &task, QWidget *parent = nullptr);

    // A new job: it can be cancelled again.
    void setTask(const QString &task);
    // `fraction` 0..1; below zero when nobody knows how much there is.
    void setProgress(double fraction, const QString &stage);
    // Pressed already: the job ends as soon as it can.
    void setCancelling();

signals:
    void cancelRequested();

private:
    QLabel *m_task;
    QLabel *m_stage;
    QProgressBar *m_bar;
    QToolButton *m_cancel;
};

} // namespace volary::ui
