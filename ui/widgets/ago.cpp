#include "ui/widgets/ago.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

namespace volary::ui {

namespace {

constexpr qint64 kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;

QString tr(const char *text)
{
    return QCoreApplication::translate("volary::ui::ago", text);
}

} // namespace

QString ago(qint64 unixMs)
{
    const qint64 seconds = (QDateTime::currentMSecsSinceEpoch() - unixMs) / 1000;
    if (seconds < kMinute)
        return tr("now");
    if (seconds < kHour)
        return tr("%1 min").arg(seconds / kMinute);
    if (seconds < kDay)
        return tr("%1 h").arg(seconds / kHour);
    if (seconds < 7 * kDay)
        return tr("%1 d").arg(seconds / kDay);
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(unixMs).date(), QLocale::ShortFormat);
}

} // namespace volary::ui
