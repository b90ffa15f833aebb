// attention: softmax attention of every row over all rows kept so far, its own included (Vaswani et al.,
// 2017).
//
//   out[h] = sum_i p_i values[i][g]    p = softmax_i(q[h] . keys[i][g] / sqrt(N))    i = 0 .. the row's
//   position
//
// g = floor(h K / H): there may be fewer heads of keys and values than of queries. K divides H.
// Keys and values are state tensors that grow by a row per token; this run's rows have been kept before. A
// row's sums run over positions in their order, whatever is computed beside it.
// Cost: 2 C multiply-adds per row and kept position.
#pragma once

#include "core/tensor/ops/positions.h"

namespace volary {

struct AttentionArgs {
    const float *q;             // [R, H, N]
    float *out;                 // [R, H, N], not q
    const float *const *keys;   // [B] pointers to [positions, K, N]
    const float *const *values; // [B] pointers to [positions, K, N]
    PositionMap positions;
    int heads;    // H
    int keyHeads; // K
    int headSize; // N
};

} // namespace volary
