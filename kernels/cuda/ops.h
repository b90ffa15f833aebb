// The ops that have a launch of their own. Every pointer in the arguments is a device address, the lists of
// states, firstRow and positions too; the call only queues the work on the stream, so that it can be recorded
// into a graph.
#pragma once

#include "core/tensor/ops/bonus7.h"
#include "core/tensor/ops/embed.h"
#include "core/tensor/ops/group_norm.h"
#include "core/tensor/ops/last_rows.h"
#include "core/tensor/ops/normalize_heads.h"
#include "core/tensor/ops/positions.h"
#include "core/tensor/ops/repeat_heads.h"
#include "core/tensor/ops/rope.h"
#include "core/tensor/ops/token_shift.h"
#include "core/tensor/ops/wkv4.h"
#include "core/tensor/ops/wkv5.h"
#include "core/tensor/ops/wkv7.h"

#include <cuda_runtime.h>

namespace volary::cuda {

// keepRows and keepTokens, keptRows and window (core/tensor/ops/kept_rows.h). Tokens are rows of one number;
// only bytes are moved, so that both look alike.
struct KeepRowsArgs {
    const float *rows;    // [R, C]
    float *const *states; // [B] pointers to [positions, C]
    PositionMap positions;
    int width; // C
};
struct KeptRowsArgs {
    const float *const *states; // [B] pointers to [positions, C]
    float *out;                 // [R, C]
    PositionMap positions;
    int width; // C
};
// attention (core/tensor/ops/attention.h) where every row is kept, as float32: all sequences at once, and
// divided by its sums.
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
struct WindowArgs {
    const float *x; // where the last rows begin
    float *out;
    std::int64_t count; // of numbers
};

void embed(const EmbedArgs &, cudaStream_t);
void tokenShift(const TokenShiftArgs &, cudaStream_t);
void normalizeHeads(const NormalizeHeadsArgs &, cudaStream_t);
void wkv4(const Wkv4Args &, cudaStream_t);
void wkv5(const Wkv5Args &, cudaStream_t);
void wkv7(const Wkv7Args &, cudaStream_t);
void groupNorm(const GroupNormArgs &, cudaStream_t);
void bonus7(const Bonus7Args &, cudaStream_t);
void repeatHeads(const RepeatHeadsArgs &, cudaStream_t);
void rope(const RopeArgs &, cudaStream_t);
void keepRows(const KeepRowsArgs &, cudaStream_t);
void keptRows(const KeptRowsArgs &, cudaStream_t);
void attention(const AttentionArgs &, cudaStream_t);
void window(const WindowArgs &, cudaStream_t);
void lastRows(const LastRowsArgs &, cudaStream_t);

} // namespace volary::cuda
