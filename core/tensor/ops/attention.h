// attention: softmax attention of every row over all rows kept so far, its own included (Vaswani et al.,
// 2017).
//
//   out[h] = sum_i p_i values[i][g]    p = softmax_i(q[h] . keys[i][g] / sqrt(N))    i = 0 .. the row's
//   position
//
// g = floor(h K / H): there may be fewer heads of keys and values than of queries. K divides H.
//
// Keys and values are state tensors that grow by a row per token; this run's rows have been kept before. They
// are met in tiles of kAttentionTile positions, counted from position 0, whose sums are merged in their order
// (online softmax: Milakov and Gimelshein, 2018). So a row's result depends neither on what is computed
// beside it nor on which of the tiles are kept and which are rebuilt for the occasion. Cost: 2 C
// multiply-adds per row and kept position.
#pragma once

#include "core/tensor/dtype.h"

#include <cstdint>

namespace volary {

constexpr int kAttentionTile = 256;

// The rows of one sequence and some of the positions before and under them: one call after the other for
// ascending positions. `out` gathers what is not yet divided by `sums`.
struct AttentionArgs {
    const float *q;     // [R, H, N]
    float *out;         // [R, H, N], zeros before the first call
    float *maxima;      // [R, H], minus infinity before the first call
    float *sums;        // [R, H], zeros before the first call
    const void *keys;   // [until - from, K, N]
    const void *values; // [until - from, K, N]
    DType type;         // of keys and values: F32 or F16
    std::int64_t from;  // the position of the first key, a multiple of kAttentionTile
    std::int64_t until; // one more than that of the last
    std::int64_t first; // the position of the first row
    int rows;           // R
    int heads;          // H
    int keyHeads;       // K
    int headSize;       // N
};

// keepRows: numbers on their way into a state, rounded to its type.
struct KeepRowsArgs {
    const float *x;
    void *to;
    DType type; // F32 or F16
    std::int64_t count;
};

} // namespace volary
