#include "app/cli/commands.h"
#include "app/cli/model.h"

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/session/score.h"

#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>

namespace volary::cli {

const std::vector<Option> kPerplexityOptions{
    {"file", "F", "the text"},
    {"context", "N", "start afresh every N tokens; default: never"},
    {"per-token", "O.json", "write each token with its negative log-likelihood"},
};

namespace {

constexpr std::uint64_t kMaxTextBytes = std::uint64_t(1) << 30;

// Scores exist for every token but the first of each window.
Json perTokenJson(std::span<const TokenId> tokens, std::span<const double> scores, std::size_t window)
{
    Json::Array list;
    std::size_t next = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        list.push_back(
            Json::Object{{"token", tokens[i]}, {"nll", i % window == 0 ? Json() : Json(scores[next++])}});
    return list;
}

} // namespace

Result<> perplexity(Context &context)
{
    const auto path = context.arguments().text("file");
    if (!path)
        return Error{ErrorCode::Invalid, "Name a text by --file.", "See --help."};
    TRY(const std::int64_t window, context.arguments().integer("context", 0, 0, INT32_MAX));
    if (window == 1)
        return Error{ErrorCode::Invalid, "A context of 1 token leaves nothing to predict.",
                     "Choose 2 or more."};
    TRY(const std::string text, readFile(*path, kMaxTextBytes));
    TRY(const auto model, openModelArgument(context));
    const std::vector<TokenId> tokens = model->tokenizer().encode(text);
    if (tokens.size() < 2)
        return Error{ErrorCode::Invalid, "The text must have at least two tokens.", "Choose a longer one."};

    TRY(const auto scores,
        scoreTokens(model->runner(), tokens, std::size_t(window), context.stop(), [&](std::size_t done) {
            context.progress("Scoring", double(done) / double(tokens.size()));
        }));
    context.endProgress();

    const double total = std::accumulate(scores.begin(), scores.end(), 0.0);
    const double mean = total / double(scores.size());
    const double bitsPerByte = total / std::numbers::ln2 / double(text.size());
    if (const auto out = context.arguments().text("per-token")) {
        const std::size_t size = window == 0 ? tokens.size() : std::size_t(window);
        const std::string json = perTokenJson(tokens, scores, size).dump() + "\n";
        TRY_(writeFileAtomically(*out, std::as_bytes(std::span(json))));
    }
    if (context.json())
        context.print(Json::Object{{"tokens", std::int64_t(tokens.size())},
                                   {"scored", std::int64_t(scores.size())},
                                   {"mean_nll", mean},
                                   {"perplexity", std::exp(mean)},
                                   {"bits_per_byte", bitsPerByte}});
    else
        std::printf("%zu tokens, mean negative log-likelihood %.5f, perplexity %.4f, %.4f bits per byte\n",
                    tokens.size(), mean, std::exp(mean), bitsPerByte);
    return {};
}

} // namespace volary::cli
