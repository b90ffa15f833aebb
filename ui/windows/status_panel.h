// The status bar's contents: what is open, what it costs, what runs.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QWidget>

namespace volary::ui {

class Chip;
class ProgressRow;

// Follows the bridge by itself; jobs of pages are told with startJob() and endJob().
class StatusPanel : public QWidget {
    Q_OBJECT

public:
    StatusPanel(const EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    void startJob(const QString &task);
    void setJobProgress(double fraction, const QString &stage); // `fraction` 0..1
    void endJob();

signals:
    void modelClicked();
    void cancelRequested();

private:
    void showModel();
    void showTokens(std::int64_t tokens);
    void showSpeed(double tokensPerSecond);

    const EngineBridge &m_bridge;
    Chip *m_model;
    Chip *m_device;
    Chip *m_state;
    Chip *m_tokens;
    Chip *m_speed;
    Chip *m_job;
    QString m_task;
    std::int64_t m_tokensBeforeReply = 0;
};

} // namespace volary::ui
