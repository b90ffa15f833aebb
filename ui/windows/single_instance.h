// One window per library: a second start hands its arguments to the first.
#pragma once

#include <QLocalServer>
#include <QObject>
#include <QStringList>

namespace volary::ui {

// Reachable for programs of the same user only. The name is made from the library's path, so that two
// libraries can be open at once.
class SingleInstance : public QObject {
    Q_OBJECT

public:
    static constexpr int kTimeoutMs = 1500;

    explicit SingleInstance(const QString &library, QObject *parent = nullptr);

    // True when another window answered: the arguments are over there and this process has nothing left to
    // do. Waits for the answer at most kTimeoutMs; called before there is a window.
    bool handOver(const QStringList &arguments) const;

    // From now on this process is the one that answers. False when no socket can be made; the window works
    // without.
    bool listen();

signals:
    void activated(const QStringList &arguments); // another start: raise the window

private:
    void receive();

    QString m_name;
    QLocalServer m_server;
};

} // namespace volary::ui
