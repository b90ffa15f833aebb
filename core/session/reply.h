// What is remembered of a reply beside its text.
#pragma once

#include "core/session/sampler.h"

#include <vector>

namespace volary {

enum class FinishReason : std::uint8_t { Stop, Length, Cancelled };

// One token of a reply with what else could have stood there: for showing probabilities and for branching.
struct TokenTrace {
    TokenId token;
    std::vector<TokenProbability>
        alternatives; // most likely first, plain softmax; empty when nothing was sampled

    bool operator==(const TokenTrace &) const = default;
};

} // namespace volary
