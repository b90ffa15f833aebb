// The functions of this backend; contracts in core/tensor/ops.
#pragma once

#include "kernels/host/op_table.h"

namespace volary::cpu {

void embed(const EmbedArgs &p, Parallel &parallel);
void layerNorm(const LayerNormArgs &p, Parallel &parallel);
void tokenShift(const TokenShiftArgs &p, Parallel &parallel);
void lerp(const LerpArgs &p, Parallel &parallel);
void linear(const LinearArgs &p, Parallel &parallel);
void activate(const ActivateArgs &p, Parallel &parallel);
void add(const ElementwiseArgs &p, Parallel &parallel);
void mul(const ElementwiseArgs &p, Parallel &parallel);
void decay6(const Decay6Args &p, Parallel &parallel);
void decay7(const Decay7Args &p, Parallel &parallel);
void normalizeHeads(const NormalizeHeadsArgs &p, Parallel &parallel);
void scaleKey7(const ScaleKey7Args &p, Parallel &parallel);
void rowMatrix(const RowMatrixArgs &p, Parallel &parallel);
void wkv4(const Wkv4Args &p, Parallel &parallel);
void wkv5(const Wkv5Args &p, Parallel &parallel);
void wkv7(const Wkv7Args &p, Parallel &parallel);
void groupNorm(const GroupNormArgs &p, Parallel &parallel);
void bonus7(const Bonus7Args &p, Parallel &parallel);
void rmsNorm(const RmsNormArgs &p, Parallel &parallel);
void atMost(const AtMostArgs &p, Parallel &parallel);
void repeatHeads(const RepeatHeadsArgs &p, Parallel &parallel);
void rope(const RopeArgs &p, Parallel &parallel);
void attention(const AttentionArgs &p, Parallel &parallel);
void keepRows(const KeepRowsArgs &p);
void lastRows(const LastRowsArgs &p, Parallel &parallel);

} // namespace volary::cpu
