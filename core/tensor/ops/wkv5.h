// wkv5: the recurrence of RWKV-5 ("Eagle") and RWKV-6 ("Finch"), for every sequence and head on its own, row
// after row:
//
//   out  = (S + (bonus * k) v^T)^T r        (the old S)
//   S   <- diag(decay) S + k v^T
//
// S[h][i][j]: i is the key row, j the value column (the other way round than in wkv7); float32, updated in
// place. The decay itself, in [0, 1], is the same for every row in RWKV-5; RWKV-6 computes one for each.
// Cost: 3 H N^2 multiply-adds a row.
#pragma once

#include "core/tensor/ops/rows.h"

namespace volary {

struct Wkv5Args {
    const float *r;       // [R, H, N]
    const float *decay;   // [H, N], or [R, H, N] when decayPerRow
    const float *k, *v;   // [R, H, N]
    const float *bonus;   // [H, N]
    float *out;           // [R, H, N], none of the inputs
    float *const *states; // [B] pointers to [H, N, N]
    RowMap map;
    int heads;    // H
    int headSize; // N
    bool decayPerRow;
};

} // namespace volary
