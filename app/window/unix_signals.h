// SIGTERM and SIGINT as an ordinary end of the program.
#pragma once

#include <QObject>

class QSocketNotifier;

namespace volary::ui {

// While it lives, both signals emit asked() on the UI thread. One object per process.
class UnixSignals : public QObject {
    Q_OBJECT

public:
    explicit UnixSignals(QObject *parent = nullptr);
    ~UnixSignals() override;

signals:
    void asked();

private:
    QSocketNotifier *m_notifier = nullptr;
};

} // namespace volary::ui
