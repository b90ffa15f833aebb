#include "app/window/unix_signals.h"

#include <QSocketNotifier>

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace volary::ui {

namespace {

// A signal handler may do little more than write; the event loop reads at the other end.
int pipeEnds[2] = {-1, -1};

void wake(int)
{
    const char byte = 1;
    [[maybe_unused]] const auto written = write(pipeEnds[1], &byte, 1);
}

void handleWith(void (*handler)(int))
{
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
}

} // namespace

UnixSignals::UnixSignals(QObject *parent) : QObject(parent)
{
    if (pipe2(pipeEnds, O_CLOEXEC | O_NONBLOCK) != 0)
        return; // the signals keep their ordinary effect
    m_notifier = new QSocketNotifier(pipeEnds[0], QSocketNotifier::Read, this);
    connect(m_notifier, &QSocketNotifier::activated, this, [this] {
        char byte = 0;
        if (read(pipeEnds[0], &byte, 1) == 1)
            emit asked();
    });
    handleWith(wake);
}

UnixSignals::~UnixSignals()
{
    if (!m_notifier)
        return;
    handleWith(SIG_DFL);
    close(pipeEnds[0]);
    close(pipeEnds[1]);
}

} // namespace volary::ui
