// rmsNorm: every row to root mean square 1. The two epsilons are two habits; one of them is 0.
//
//   out = x / (sqrt(mean(x^2) + epsilonInRoot) + epsilon)
#pragma once

namespace volary {

struct RmsNormArgs {
    const float *x; // [R, C]
    float *out;     // [R, C], may be x
    int rows;
    int width; // C
    float epsilon, epsilonInRoot;
};

} // namespace volary
