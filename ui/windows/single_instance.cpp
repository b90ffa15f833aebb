#include "ui/windows/single_instance.h"

#include <QCryptographicHash>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLocalSocket>

namespace volary::ui {

namespace {

constexpr char kAnswer[] = "shown\n";
constexpr qint64 kLongestMessage = 1 << 20;

QString nameFor(const QString &library)
{
    const QByteArray path = QFileInfo(library).absoluteFilePath().toUtf8();
    const QByteArray hash = QCryptographicHash::hash(path, QCryptographicHash::Sha256).toHex().left(16);
    return QStringLiteral("volary-%1").arg(QString::fromLatin1(hash));
}

} // namespace

SingleInstance::SingleInstance(const QString &library, QObject *parent)
    : QObject(parent), m_name(nameFor(library))
{
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &SingleInstance::receive);
}

bool SingleInstance::handOver(const QStringList &arguments) const
{
    QLocalSocket socket;
    socket.connectToServer(m_name);
    if (!socket.waitForConnected(kTimeoutMs))
        return false;
    socket.write(QJsonDocument(QJsonArray::fromStringList(arguments)).toJson(QJsonDocument::Compact) + '\n');
    return socket.waitForBytesWritten(kTimeoutMs) && socket.waitForReadyRead(kTimeoutMs) &&
           socket.readAll() == kAnswer;
}

bool SingleInstance::listen()
{
    if (m_server.listen(m_name))
        return true;
    // Nobody answered, so the socket file is what a crash left behind.
    QLocalServer::removeServer(m_name);
    return m_server.listen(m_name);
}

void SingleInstance::receive()
{
    while (QLocalSocket *socket = m_server.nextPendingConnection()) {
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        connect(socket, &QLocalSocket::readyRead, this, [this, socket] {
            if (socket->bytesAvailable() > kLongestMessage)
                return socket->abort();
            if (!socket->canReadLine())
                return;
            QStringList arguments;
            for (const QJsonValue &value : QJsonDocument::fromJson(socket->readLine()).array())
                arguments << value.toString();
            socket->write(kAnswer);
            socket->flush();
            emit activated(arguments);
        });
    }
}

} // namespace volary::ui
