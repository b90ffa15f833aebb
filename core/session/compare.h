// What quantising a model changes: both versions read the same text.
#pragma once

#include "core/session/runner.h"

#include <functional>
#include <span>
#include <stop_token>

namespace volary {

struct ModelComparison {
    std::size_t tokens = 0; // predicted
    double nllBefore = 0;   // mean negative log-likelihood, in nats; perplexity is its exponential
    double nllAfter = 0;
    double meanDivergence = 0; // Kullback-Leibler, of after from before, nats a token
    double worstDivergence = 0;
    double sameFirst = 0; // share of the tokens whose most likely successor is the same
};

// Both runners have the same vocabulary. The state starts afresh every `context` tokens. Sums in double.
Result<ModelComparison> compareModels(Runner &before, Runner &after, std::span<const TokenId> tokens,
                                      std::size_t context, std::stop_token stop = {},
                                      const std::function<void(std::size_t done)> &progress = {});

} // namespace volary
