// The ops of this backend. Every pointer in the arguments is a device address, the lists of states and
// firstRow too; the call only queues the work on the stream, so that it can be recorded into a graph.
#pragma once

#include "core/tensor/ops/activate.h"
#include "core/tensor/ops/bonus7.h"
#include "core/tensor/ops/decay6.h"
#include "core/tensor/ops/decay7.h"
#include "core/tensor/ops/elementwise.h"
#include "core/tensor/ops/embed.h"
#include "core/tensor/ops/group_norm.h"
#include "core/tensor/ops/last_rows.h"
#include "core/tensor/ops/layer_norm.h"
#include "core/tensor/ops/lerp.h"
#include "core/tensor/ops/linear.h"
#include "core/tensor/ops/normalize_heads.h"
#include "core/tensor/ops/scale_key7.h"
#include "core/tensor/ops/token_shift.h"
#include "core/tensor/ops/wkv4.h"
#include "core/tensor/ops/wkv5.h"
#include "core/tensor/ops/wkv7.h"

#include <cuda_runtime.h>

namespace volary::cuda {

void embed(const EmbedArgs &, cudaStream_t);
void layerNorm(const LayerNormArgs &, cudaStream_t);
void tokenShift(const TokenShiftArgs &, cudaStream_t);
void lerp(const LerpArgs &, cudaStream_t);
void linear(const LinearArgs &, cudaStream_t);
void activate(const ActivateArgs &, cudaStream_t);
void add(const ElementwiseArgs &, cudaStream_t);
void mul(const ElementwiseArgs &, cudaStream_t);
void decay6(const Decay6Args &, cudaStream_t);
void decay7(const Decay7Args &, cudaStream_t);
void normalizeHeads(const NormalizeHeadsArgs &, cudaStream_t);
void scaleKey7(const ScaleKey7Args &, cudaStream_t);
void wkv4(const Wkv4Args &, cudaStream_t);
void wkv5(const Wkv5Args &, cudaStream_t);
void wkv7(const Wkv7Args &, cudaStream_t);
void groupNorm(const GroupNormArgs &, cudaStream_t);
void bonus7(const Bonus7Args &, cudaStream_t);
void lastRows(const LastRowsArgs &, cudaStream_t);

} // namespace volary::cuda
