// How well a model predicts a text.
#pragma once

#include "core/session/runner.h"
#include "core/session/sampler.h"

#include <functional>
#include <span>
#include <stop_token>
#include <vector>

namespace volary {

// The negative log-likelihood, in nats, of tokens 1 .. n-1, each given the ones before it; n - 1 numbers.
// With a `context` the state starts afresh every so many tokens, and the first token of each window is not
// scored. Log-sum-exp in double.
Result<std::vector<double>> scoreTokens(Runner &runner, std::span<const TokenId> tokens,
                                        std::size_t context = 0, std::stop_token stop = {},
                                        const std::function<void(std::size_t done)> &progress = {});

// One token of a text and what the model expected in its place.
struct TokenScore {
    TokenId token;
    double surprise; // negative log-likelihood in nats; NaN for the first token, which nothing predicts
    int rank = 0;    // 1: the most likely of all; 0: the first token. Ties by lower id.
    std::vector<TokenProbability> alternatives = {}; // most likely first, plain softmax
};

// The numbers of scoreTokens() without a context, bit for bit, for every token, with the `alternatives` most
// likely ones. n entries.
Result<std::vector<TokenScore>> scoreInDetail(Runner &runner, std::span<const TokenId> tokens,
                                              int alternatives, std::stop_token stop = {},
                                              const std::function<void(std::size_t done)> &progress = {});

} // namespace volary
