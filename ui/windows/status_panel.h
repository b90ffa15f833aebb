// The status bar's contents: what is open, what it costs, what runs.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QWidget>

namespace volary::ui {

class Chip;
class ProgressRow;

// Follows the bridge by itself; jobs of pages are told with showJob() and endJob().
class StatusPanel : public QWidget {
    Q_OBJECT

public:
    StatusPanel(const EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    // The job that runs now; `fraction` below zero when nobody knows how much there is.
    void showJob(const QString &task, double fraction, const QString &stage);
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
    std::int64_t m_tokensBeforeReply = 0;
};

} // namespace volary::ui
