#include "ui/widgets/token_text.h"

#include "core/base/text.h"

#include <QCoreApplication>
#include <QLocale>

namespace volary::ui {

namespace {
constexpr double kSmallPercentage = 1e-4, kOneInABillion = 1e-9;
} // namespace

QString readableToken(std::string_view bytes)
{
    if (bytes.empty())
        return QCoreApplication::translate("Token", "end");
    if (!isValidUtf8(bytes)) {
        QString hex;
        for (const char byte : bytes)
            hex += QStringLiteral("\\x%1").arg(static_cast<unsigned char>(byte), 2, 16, QLatin1Char('0'));
        return hex;
    }
    QString text = QString::fromUtf8(bytes.data(), qsizetype(bytes.size()));
    return text.replace(u'\n', u'↵').replace(u'\t', u'⇥');
}

QString quotedForCsv(QString text)
{
    return u'"' + text.replace(u'"', QLatin1String("\"\"")) + u'"';
}

QString probabilityText(double probability)
{
    const QLocale locale;
    if (probability >= kSmallPercentage || probability == 0)
        return locale.toString(100 * probability, 'f', 2) + QLatin1Char(' ') + locale.percent();
    if (probability >= kOneInABillion)
        return QCoreApplication::translate("Token", "1 in %1")
            .arg(locale.toString(qRound64(1 / probability)));
    return QCoreApplication::translate("Token", "less than 1 in a billion");
}

QString visibleToken(std::string_view bytes)
{
    return readableToken(bytes).replace(u' ', u'·');
}

} // namespace volary::ui
