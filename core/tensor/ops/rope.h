// rope: rotary position embedding (Su et al., 2021), on pairs of every head: neighbours, or halves as in
// Qwen.
//
//   angle = position * base^(-2j / N)
//   (a, b) = (x[2j], x[2j+1]) or (x[j], x[j + N/2])  ->  (a cos - b sin, a sin + b cos)
#pragma once

#include "core/tensor/ops/positions.h"

namespace volary {

struct RopeArgs {
    const float *x; // [R, H, N]
    float *out;     // [R, H, N], may be x
    PositionMap positions;
    int heads;    // H
    int headSize; // N, even
    double base;
    bool halves;
};

} // namespace volary
