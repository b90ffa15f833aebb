#include "ui/widgets/token_text.h"

#include "core/base/text.h"

#include <QCoreApplication>

namespace volary::ui {

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

QString visibleToken(std::string_view bytes)
{
    return readableToken(bytes).replace(u' ', u'·');
}

} // namespace volary::ui
