// scaleKey7: the key that RWKV-7 writes, out = k * (1 + (a - 1) * rate).
#pragma once

namespace volary {

struct ScaleKey7Args {
    const float *k;    // [R, C]
    const float *a;    // [R, C]  in-context learning rate
    const float *rate; // [C]     k_a
    float *out;        // [R, C], may be k
    int rows;
    int width; // C
};

} // namespace volary
