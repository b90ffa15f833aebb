// decay7: the decay of RWKV-7, out = exp(-e^(-1/2) * sigmoid(x)), so that 0.5452 < out < 1.
#pragma once

#include <cstdint>

namespace volary {

struct Decay7Args {
    const float *x;
    float *out; // may be x
    std::int64_t count;
};

// e^(-1/2): RWKV-7 paper (Goose), the soft lower bound of the log decay.
constexpr double kDecay7Bound = 0.60653065971263342;

} // namespace volary
