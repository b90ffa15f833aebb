#include "ui/windows/preferences.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include <algorithm>

namespace volary::ui {

namespace {

constexpr int kMaximumThreads = 1024;

QString name(ThemeChoice choice)
{
    switch (choice) {
    case ThemeChoice::Light: return QStringLiteral("light");
    case ThemeChoice::Dark: return QStringLiteral("dark");
    case ThemeChoice::System: break;
    }
    return QStringLiteral("system");
}

ThemeChoice themeNamed(const QString &word)
{
    for (const ThemeChoice choice : {ThemeChoice::Light, ThemeChoice::Dark})
        if (word == name(choice))
            return choice;
    return ThemeChoice::System;
}

} // namespace

Preferences::Preferences(QString file, QObject *parent) : QObject(parent), m_file(std::move(file))
{
    load();
}

void Preferences::set(const PreferenceValues &values)
{
    if (values == m_values)
        return;
    m_values = values;
    save();
    emit changed(m_values);
}

void Preferences::load()
{
    QFile file(m_file);
    if (m_file.isEmpty() || !file.open(QIODevice::ReadOnly))
        return;
    const QJsonObject json = QJsonDocument::fromJson(file.readAll()).object();
    m_values.theme = themeNamed(json[QStringLiteral("theme")].toString());
    m_values.textScale = std::clamp(json[QStringLiteral("text_scale")].toDouble(1.0), 0.7, 2.0);
    m_values.enterSends = json[QStringLiteral("enter_sends")].toBool(true);
    m_values.threads = std::clamp(json[QStringLiteral("threads")].toInt(0), 0, kMaximumThreads);
    m_values.lastModel = json[QStringLiteral("last_model")].toString();
    m_values.lastOptions = json[QStringLiteral("last_options")].toString();
}

void Preferences::save()
{
    if (m_file.isEmpty())
        return;
    const QJsonObject json{{QStringLiteral("theme"), name(m_values.theme)},
                           {QStringLiteral("text_scale"), m_values.textScale},
                           {QStringLiteral("enter_sends"), m_values.enterSends},
                           {QStringLiteral("threads"), m_values.threads},
                           {QStringLiteral("last_model"), m_values.lastModel},
                           {QStringLiteral("last_options"), m_values.lastOptions}};
    const QByteArray bytes = QJsonDocument(json).toJson();
    QDir().mkpath(QFileInfo(m_file).path());
    QSaveFile file(m_file);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        emit savingFailed(tr("The settings could not be written to %1: %2").arg(m_file, file.errorString()));
}

} // namespace volary::ui
