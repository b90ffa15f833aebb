#include "core/session/compare.h"

#include "core/base/check.h"

#include <algorithm>
#include <cmath>

namespace volary {

namespace {

// Logarithms of the probabilities.
std::vector<double> logSoftmax(std::span<const float> logits)
{
    const double largest = *std::ranges::max_element(logits);
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(double(logit) - largest);
    const double shift = largest + std::log(sum);
    std::vector<double> logs;
    logs.reserve(logits.size());
    for (const float logit : logits)
        logs.push_back(double(logit) - shift);
    return logs;
}

void add(ModelComparison &total, std::span<const float> before, std::span<const float> after, TokenId next)
{
    const std::vector<double> p = logSoftmax(before), q = logSoftmax(after);
    double divergence = 0;
    for (std::size_t i = 0; i < p.size(); ++i)
        divergence += std::exp(p[i]) * (p[i] - q[i]);
    divergence = std::max(divergence, 0.0); // rounding may lead a hair below
    ++total.tokens;
    total.nllBefore -= p[std::size_t(next)];
    total.nllAfter -= q[std::size_t(next)];
    total.meanDivergence += divergence;
    total.worstDivergence = std::max(total.worstDivergence, divergence);
    const auto best = [](std::span<const float> logits) {
        return std::ranges::max_element(logits) - logits.begin();
    };
    total.sameFirst += best(before) == best(after) ? 1 : 0;
}

Result<std::vector<float>> logitsOf(Runner &runner, State &state, std::span<const TokenId> tokens)
{
    const SequenceInput input{tokens, &state};
    TRY_(runner.run({&input, 1}, Want::AllLogits));
    std::vector<float> logits(tokens.size() * std::size_t(runner.model().info().vocabulary));
    TRY_(runner.readLogits(logits));
    return logits;
}

} // namespace

Result<ModelComparison> compareModels(Runner &before, Runner &after, std::span<const TokenId> tokens,
                                      std::size_t context, std::stop_token stop,
                                      const std::function<void(std::size_t done)> &progress)
{
    const auto vocabulary = std::size_t(before.model().info().vocabulary);
    VOLARY_CHECK(after.model().info().vocabulary == before.model().info().vocabulary && context > 1,
                 "both models predict the same tokens");
    ModelComparison total;
    for (std::size_t start = 0; start < tokens.size(); start += context) {
        TRY(State first, before.newState());
        TRY(State second, after.newState());
        const std::size_t end = std::min(tokens.size(), start + context);
        for (std::size_t at = start; at + 1 < end;) { // the last token of a window is only predicted
            const auto piece = tokens.subspan(at, std::min(end - 1 - at, std::size_t(Runner::kMaxRows)));
            TRY(const auto p, logitsOf(before, first, piece));
            TRY(const auto q, logitsOf(after, second, piece));
            for (std::size_t t = 0; t < piece.size(); ++t)
                add(total, std::span(p).subspan(t * vocabulary, vocabulary),
                    std::span(q).subspan(t * vocabulary, vocabulary), tokens[at + t + 1]);
            at += piece.size();
            if (progress)
                progress(at);
            if (stop.stop_requested())
                return Error{ErrorCode::Cancelled, "Comparing was cancelled.", ""};
        }
    }
    if (const auto count = double(total.tokens); count > 0) {
        total.nllBefore /= count;
        total.nllAfter /= count;
        total.meanDivergence /= count;
        total.sameFirst /= count;
    }
    return total;
}

} // namespace volary
