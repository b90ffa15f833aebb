#include "core/session/score.h"

#include <algorithm>
#include <cmath>

namespace volary {

namespace {

double negativeLogLikelihood(std::span<const float> logits, TokenId token)
{
    const double largest = *std::ranges::max_element(logits);
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(double(logit) - largest);
    return largest + std::log(sum) - double(logits[std::size_t(token)]);
}

} // namespace

Result<std::vector<double>> scoreTokens(Runner &runner, std::span<const TokenId> tokens, std::size_t context,
                                        std::stop_token stop,
                                        const std::function<void(std::size_t done)> &progress)
{
    const std::size_t window = context == 0 ? tokens.size() : context;
    const auto vocabulary = std::size_t(runner.model().info().vocabulary);
    std::vector<double> scores;
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
            for (std::size_t t = 0; t < rows; ++t)
                scores.push_back(negativeLogLikelihood(std::span(logits).subspan(t * vocabulary, vocabulary),
                                                       tokens[at + t + 1]));
            at += rows;
            if (progress)
                progress(at);
            if (stop.stop_requested())
                return Error{ErrorCode::Cancelled, "Scoring was cancelled.", ""};
        }
    }
    return scores;
}

} // namespace volary
