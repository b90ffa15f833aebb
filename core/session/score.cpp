#include "core/session/score.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace volary {

namespace {

using Progress = std::function<void(std::size_t done)>;

double negativeLogLikelihood(std::span<const float> logits, TokenId token)
{
    const double largest = *std::ranges::max_element(logits);
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(double(logit) - largest);
    return largest + std::log(sum) - double(logits[std::size_t(token)]);
}

int rankOf(std::span<const float> logits, TokenId token)
{
    const float own = logits[std::size_t(token)];
    const auto before = logits.first(std::size_t(token));
    return 1 + int(std::ranges::count_if(logits, [own](float logit) { return logit > own; }) +
                   std::ranges::count(before, own));
}

// Calls `visit` with each position of the text that something comes before, and the logits there.
template <typename Visit>
Result<> forEachPrediction(Runner &runner, std::span<const TokenId> tokens, std::size_t context,
                           const std::stop_token &stop, const Progress &progress, const Visit &visit)
{
    const std::size_t window = context == 0 ? tokens.size() : context;
    const auto vocabulary = std::size_t(runner.model().info().vocabulary);
    std::vector<float> logits;
    for (std::size_t start = 0; start < tokens.size(); start += window) {
        TRY(State state, runner.newState());
        const std::size_t end = std::min(tokens.size(), start + window);
        for (std::size_t at = start; at + 1 < end;) { // the last token of a window is only predicted
            const std::size_t rows = std::min(end - 1 - at, std::size_t(Runner::kMaxRows));
            const SequenceInput input{tokens.subspan(at, rows), &state};
            TRY_(runner.run({&input, 1}, Want::AllLogits));
            logits.resize(rows * vocabulary);
            TRY_(runner.readLogits(logits));
            for (std::size_t t = 0; t < rows && !stop.stop_requested(); ++t)
                visit(at + t + 1, std::span<const float>(logits).subspan(t * vocabulary, vocabulary));
            at += rows;
            if (progress)
                progress(at);
            if (stop.stop_requested())
                return Error{ErrorCode::Cancelled, "Scoring was cancelled.", ""};
        }
    }
    return {};
}

} // namespace

Result<std::vector<double>> scoreTokens(Runner &runner, std::span<const TokenId> tokens, std::size_t context,
                                        std::stop_token stop, const Progress &progress)
{
    std::vector<double> scores;
    TRY_(forEachPrediction(runner, tokens, context, stop, progress,
                           [&](std::size_t at, std::span<const float> logits) {
                               scores.push_back(negativeLogLikelihood(logits, tokens[at]));
                           }));
    return scores;
}

Result<std::vector<TokenScore>> scoreInDetail(Runner &runner, std::span<const TokenId> tokens,
                                              int alternatives, std::stop_token stop,
                                              const Progress &progress)
{
    std::vector<TokenScore> scores;
    scores.reserve(tokens.size());
    if (!tokens.empty())
        scores.push_back({tokens.front(), std::numeric_limits<double>::quiet_NaN()});
    TRY_(forEachPrediction(
        runner, tokens, 0, stop, progress, [&](std::size_t at, std::span<const float> logits) {
            scores.push_back({tokens[at], negativeLogLikelihood(logits, tokens[at]),
                              rankOf(logits, tokens[at]), mostLikely(logits, alternatives)});
        }));
    return scores;
}

} // namespace volary
