// bonus7: what RWKV-7 adds for the current token, out_h = (sum over j of r_j * k_j * weight_hj) * v_h.
#pragma once

namespace volary {

struct Bonus7Args {
    const float *r, *k, *v; // [R, H, N]
    const float *weight;    // [H, N]  r_k
    float *out;             // [R, H, N], may be v
    int rows;
    int heads;    // H
    int headSize; // N
};

} // namespace volary
