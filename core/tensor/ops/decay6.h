// decay6: the decay of RWKV-6, out = exp(-exp(x)), in [0, 1]. Where exp(x) overflows, out is 0.
#pragma once

#include <cstdint>

namespace volary {

struct Decay6Args {
    const float *x;
    float *out; // may be x
    std::int64_t count;
};

} // namespace volary
