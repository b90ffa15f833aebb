#include "ui/tokens/surprise.h"

#include "ui/widgets/token_text.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {

constexpr int kCsvDigits = 17; // enough for every double

QString tr(const char *text)
{
    return QCoreApplication::translate("Surprise", text);
}

} // namespace

double Surprise::total() const
{
    double sum = 0;
    for (const TokenScore &token : *tokens)
        sum += token.rank > 0 ? token.surprise : 0;
    return sum;
}

double Surprise::mean() const
{
    return total() / double(tokens->size() - 1);
}

QString Surprise::name() const
{
    const std::string options = model->options.summary();
    return QString::fromStdString(model->identity.name + ", " +
                                  (options.empty() ? model->weightTypes : options));
}

QString Surprise::text(std::size_t index) const
{
    return readableToken(model->vocabulary->bytes((*tokens)[index].token));
}

QString whyNotComparable(const Surprise &scored, const Surprise &baseline)
{
    if (scored.model->identity.tokenizer != baseline.model->identity.tokenizer)
        return tr("“%1” splits texts into other tokens than “%2”: there is nothing to compare one by one.")
            .arg(scored.name(), baseline.name());
    const auto same = [](const TokenScore &a, const TokenScore &b) { return a.token == b.token; };
    if (!std::ranges::equal(*scored.tokens, *baseline.tokens, same))
        return tr("The baseline is of another text. Score the same one, or keep this as the baseline.");
    return {};
}

QString asCsv(const Surprise &scored, const Surprise &baseline)
{
    const bool compared = !baseline.isEmpty() && whyNotComparable(scored, baseline).isEmpty();
    const auto number = [](double x) {
        return std::isnan(x) ? QString() : QString::number(x, 'g', kCsvDigits);
    };
    QString csv = QStringLiteral("place,token,id,nats,probability,rank");
    csv += compared ? QStringLiteral(",baseline nats,difference\n") : QStringLiteral("\n");
    for (std::size_t i = 0; i < scored.tokens->size(); ++i) {
        const TokenScore &token = (*scored.tokens)[i];
        csv += QStringLiteral("%1,").arg(i) + quotedForCsv(scored.text(i)) +
               QStringLiteral(",%1,%2,%3,%4")
                   .arg(token.token)
                   .arg(number(token.surprise), number(std::exp(-token.surprise)))
                   .arg(token.rank);
        if (compared) {
            const double before = (*baseline.tokens)[i].surprise;
            csv += u',' + number(before) + u',' + number(token.surprise - before);
        }
        csv += u'\n';
    }
    return csv;
}

} // namespace volary::ui
