// add and mul: out = a + b and out = a * b.
#pragma once

namespace volary {

struct ElementwiseArgs {
    const float *a; // [R, C]
    const float *b; // [R, C], or [C] for every row alike
    float *out;     // [R, C], may be a or b
    int rows;
    int width;      // C
    bool broadcast; // b is [C]
};

} // namespace volary
