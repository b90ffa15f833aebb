// rmsNorm: every row to root mean square 1.
//
//   out = x / (sqrt(mean(x^2)) + epsilon)
#pragma once

namespace volary {

struct RmsNormArgs {
    const float *x; // [R, C]
    float *out;     // [R, C], may be x
    int rows;
    int width; // C
    float epsilon;
};

} // namespace volary
