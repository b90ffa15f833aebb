// atMost: out = min(x, bound)
#pragma once

#include <cstdint>

namespace volary {

struct AtMostArgs {
    const float *x;
    float *out; // may be x
    std::int64_t count;
    float bound;
};

} // namespace volary
