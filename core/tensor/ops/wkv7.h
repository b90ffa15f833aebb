// wkv7: the recurrence of RWKV-7 ("Goose"), for every sequence and head on its own, row after row:
//
//   S   <- S diag(w) - (S kappa) (kappa * a)^T + v k^T      (S kappa uses the old S)
//   out  = S r                                              (the new S)
//
// S[h][i][j]: i is the value row, j the key column; float32, updated in place. w is the decay itself, in (0,
// 1). Cost: 5 H N^2 multiply-adds a row.
#pragma once

#include "core/tensor/ops/rows.h"

namespace volary {

struct Wkv7Args {
    const float *r, *w, *k, *v; // [R, H, N]
    const float *kappa;         // [R, H, N]  the unit key to forget along
    const float *a;             // [R, H, N]  in-context learning rate
    float *out;                 // [R, H, N], none of the inputs
    float *const *states;       // [B] pointers to [H, N, N]
    RowMap map;
    int heads;    // H
    int headSize; // N
};

} // namespace volary
