// layerNorm: every row to mean 0 and (population) variance 1, then scaled and shifted.
//
//   out = (x - mean(x)) / sqrt(var(x) + epsilon) * scale + shift
#pragma once

namespace volary {

struct LayerNormArgs {
    const float *x;     // [R, C]
    const float *scale; // [C]
    const float *shift; // [C]
    float *out;         // [R, C], may be x
    int rows;
    int width; // C
    float epsilon;
};

} // namespace volary
