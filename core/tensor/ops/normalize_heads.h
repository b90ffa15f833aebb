// normalizeHeads: every head of every row to Euclidean length 1: out = x / max(|x|, 1e-12).
#pragma once

namespace volary {

struct NormalizeHeadsArgs {
    const float *x; // [R, H * N]
    float *out;     // may be x
    int rows;
    int heads;    // H
    int headSize; // N
};

} // namespace volary
