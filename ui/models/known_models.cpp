#include "ui/models/known_models.h"

#include "core/base/text.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include <algorithm>

namespace volary::ui {

namespace fs = std::filesystem;

namespace {

constexpr qint64 kMostConfigBytes = 1 << 20;

QString text(const fs::path &path)
{
    return QString::fromStdString(path.string());
}

QString problemOf(const fs::path &path)
{
    const QFileInfo info(text(path));
    if (!info.exists())
        return KnownModels::tr("No longer at this place");
    if (!info.isReadable())
        return KnownModels::tr("No permission to read it");
    return {};
}

std::optional<ConversationCost> costFrom(const QJsonObject &json)
{
    const auto number = [&](const char *key) {
        return std::uint64_t(std::max(0.0, json[QLatin1String(key)].toDouble()));
    };
    if (json.isEmpty())
        return {};
    return ConversationCost{number("bytes"), number("bytes_per_token")};
}

// Bundled models tell in their config.json, so that they can be compared before one is opened.
std::optional<ConversationCost> costOfBundled(const fs::path &folder)
{
    QFile file(text(folder / "config.json"));
    if (file.size() > kMostConfigBytes || !file.open(QIODevice::ReadOnly))
        return {};
    return costFrom(QJsonDocument::fromJson(file.readAll()).object()[QStringLiteral("state")].toObject());
}

} // namespace

QString ConversationCost::text() const
{
    const QString state = QString::fromStdString(formatBytes(stateBytes));
    return bytesPerToken == 0 ? KnownModels::tr("%1, never more").arg(state)
                              : KnownModels::tr("%1 and %2 bytes per token").arg(state).arg(bytesPerToken);
}

fs::path modelHome(const fs::path &path)
{
    std::error_code failure;
    const bool generic = path.stem() == "model" && fs::exists(path.parent_path() / "config.json", failure);
    return generic ? path.parent_path() : path;
}

QString modelName(const fs::path &path)
{
    const fs::path home = modelHome(path);
    const QFileInfo info(text(home));
    return info.isDir() || info.suffix().isEmpty() ? info.fileName() : info.completeBaseName();
}

KnownModels::KnownModels(QString file, std::vector<fs::path> bundled, QObject *parent)
    : QObject(parent), m_file(std::move(file)), m_bundled(std::move(bundled))
{
    load();
}

std::vector<KnownModel> KnownModels::all() const
{
    std::vector<KnownModel> models;
    for (const fs::path &path : m_bundled)
        models.push_back({path, modelName(path), true, costOfBundled(path), problemOf(path)});
    for (const Entry &entry : m_recent)
        models.push_back({entry.path, entry.name, false, entry.cost, problemOf(entry.path), entry.options});
    return models;
}

void KnownModels::remember(const fs::path &path, const QString &name,
                           const std::optional<ConversationCost> &cost, const ModelOptions &options)
{
    const fs::path home = modelHome(path);
    if (isBundled(home) && options == ModelOptions{})
        return;
    const auto same = [&](const Entry &entry) { return entry.path == home && entry.options == options; };
    std::erase_if(m_recent, same);
    m_recent.insert(m_recent.begin(), {home, name.isEmpty() ? modelName(home) : name, cost, options});
    if (m_recent.size() > kRemembered)
        m_recent.resize(kRemembered);
    save();
    emit changed();
}

void KnownModels::forget(const fs::path &path, const ModelOptions &options)
{
    std::erase_if(m_recent,
                  [&](const Entry &entry) { return entry.path == path && entry.options == options; });
    save();
    emit changed();
}

bool KnownModels::isBundled(const fs::path &path) const
{
    std::error_code failure;
    return std::any_of(m_bundled.begin(), m_bundled.end(), [&](const fs::path &bundled) {
        return bundled == path || fs::equivalent(bundled, path, failure);
    });
}

void KnownModels::load()
{
    QFile file(m_file);
    if (m_file.isEmpty() || !file.open(QIODevice::ReadOnly))
        return;
    const QJsonArray models =
        QJsonDocument::fromJson(file.readAll()).object()[QStringLiteral("recent")].toArray();
    for (const QJsonValue &value : models) {
        const QString path = value[QStringLiteral("path")].toString();
        const auto options =
            ModelOptions::fromJson(value[QStringLiteral("options")].toString().toStdString());
        if (!path.isEmpty() && options && m_recent.size() < kRemembered)
            m_recent.push_back({path.toStdString(), value[QStringLiteral("name")].toString(),
                                costFrom(value[QStringLiteral("state")].toObject()), options.value()});
    }
}

void KnownModels::save() const
{
    if (m_file.isEmpty())
        return;
    QJsonArray models;
    for (const Entry &entry : m_recent) {
        QJsonObject state;
        if (entry.cost)
            state = {{QStringLiteral("bytes"), double(entry.cost->stateBytes)},
                     {QStringLiteral("bytes_per_token"), double(entry.cost->bytesPerToken)}};
        models.append(
            QJsonObject{{QStringLiteral("path"), text(entry.path)},
                        {QStringLiteral("name"), entry.name},
                        {QStringLiteral("state"), state},
                        {QStringLiteral("options"), QString::fromStdString(entry.options.toJson())}});
    }
    QDir().mkpath(QFileInfo(m_file).path());
    QSaveFile file(m_file);
    const QByteArray json = QJsonDocument(QJsonObject{{QStringLiteral("recent"), models}}).toJson();
    if (!file.open(QIODevice::WriteOnly) || file.write(json) != json.size() || !file.commit())
        qWarning("The list of recent models could not be written to %s.", qPrintable(m_file));
}

} // namespace volary::ui
