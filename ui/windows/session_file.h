// What the window looked like, so that the next start looks the same.
#pragma once

#include <QByteArray>
#include <QMap>
#include <QObject>
#include <QString>
#include <QTimer>

#include <functional>

namespace volary::ui {

struct SessionValues {
    QByteArray geometry;
    QString workspace;                    // id of the one that was shown
    QMap<QString, QByteArray> layouts;    // docks, by workspace id
    QMap<QString, QByteArray> workspaces; // Workspace::saveSession(), by id
    bool running = false;                 // stays true when the program ended without close(): it crashed

    bool operator==(const SessionValues &) const = default;
};

// Written 500 ms after the first change and replaced atomically: a crash loses at most the last half second.
class SessionFile : public QObject {
    Q_OBJECT

public:
    static constexpr int kDelayMs = 500;

    // `collect` gathers the values when it is time to write. An empty file name: nothing is kept.
    SessionFile(QString file, std::function<SessionValues()> collect, QObject *parent = nullptr);

    // What the last run left. A missing or damaged file gives empty values.
    SessionValues load() const;

    void touch(); // something changed
    void flush(); // writes now
    void close(); // writes with running = false; nothing is written afterwards

private:
    void write(bool running);

    QString m_file;
    std::function<SessionValues()> m_collect;
    QTimer m_timer;
    bool m_closed = false;
};

} // namespace volary::ui
