#include "ui/windows/session_file.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

namespace volary::ui {

namespace {

QJsonObject toJson(const QMap<QString, QByteArray> &map)
{
    QJsonObject json;
    for (auto entry = map.begin(); entry != map.end(); ++entry)
        json[entry.key()] = QString::fromLatin1(entry.value().toBase64());
    return json;
}

QMap<QString, QByteArray> fromJson(const QJsonValue &value)
{
    QMap<QString, QByteArray> map;
    const QJsonObject json = value.toObject();
    for (auto entry = json.begin(); entry != json.end(); ++entry)
        map[entry.key()] = QByteArray::fromBase64(entry.value().toString().toLatin1());
    return map;
}

} // namespace

SessionFile::SessionFile(QString file, std::function<SessionValues()> collect, QObject *parent)
    : QObject(parent), m_file(std::move(file)), m_collect(std::move(collect))
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(kDelayMs);
    connect(&m_timer, &QTimer::timeout, this, &SessionFile::flush);
}

SessionValues SessionFile::load() const
{
    QFile file(m_file);
    if (m_file.isEmpty() || !file.open(QIODevice::ReadOnly))
        return {};
    const QJsonObject json = QJsonDocument::fromJson(file.readAll()).object();
    SessionValues values;
    values.geometry = QByteArray::fromBase64(json[QStringLiteral("geometry")].toString().toLatin1());
    values.workspace = json[QStringLiteral("workspace")].toString();
    values.layouts = fromJson(json[QStringLiteral("layouts")]);
    values.workspaces = fromJson(json[QStringLiteral("workspaces")]);
    values.running = json[QStringLiteral("running")].toBool();
    return values;
}

void SessionFile::touch()
{
    if (!m_closed && !m_timer.isActive())
        m_timer.start();
}

void SessionFile::flush()
{
    if (!m_closed)
        write(true);
}

void SessionFile::close()
{
    if (m_closed)
        return;
    write(false);
    m_closed = true;
}

void SessionFile::write(bool running)
{
    m_timer.stop();
    if (m_file.isEmpty())
        return;
    const SessionValues values = m_collect();
    const QJsonObject json{{QStringLiteral("geometry"), QString::fromLatin1(values.geometry.toBase64())},
                           {QStringLiteral("workspace"), values.workspace},
                           {QStringLiteral("layouts"), toJson(values.layouts)},
                           {QStringLiteral("workspaces"), toJson(values.workspaces)},
                           {QStringLiteral("running"), running}};
    const QByteArray bytes = QJsonDocument(json).toJson();
    QDir().mkpath(QFileInfo(m_file).path());
    QSaveFile file(m_file);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        qWarning("The session could not be written to %s: %s", qPrintable(m_file),
                 qPrintable(file.errorString()));
}

} // namespace volary::ui
