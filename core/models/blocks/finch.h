// The two mixes of RWKV-6 "Finch" (x060): Peng et al., "Eagle and Finch: RWKV with Matrix-Valued States and
// Dynamic Recurrence", 2024. GoldFinch has its channel mix in every layer, and can have its time mix in the
// lower ones.
//
// Time mix:
//   x_j = lerp(x, x', maa_j + tanh(lerp(x, x', maa_x) W1_j) W2_j)     j = w, k, v, r, g
//   w = exp(-exp(decay + tanh(x_w D1) D2))      r, k, v = W_r x_r, W_k x_k, W_v x_v      g = silu(W_g x_g)
//   out = W_o (groupNorm(wkv(r, w, k, v, u)) * g)
// Channel mix:
//   out = sigmoid(W_r lerp(x, x', maa_r)) * (W_v relu(W_k lerp(x, x', maa_k))^2)
#pragma once

#include "core/graph/ops.h"
#include "core/models/blocks/low_rank.h"
#include "core/models/model_info.h"
#include "core/models/weights.h"

#include <string>

namespace volary::finch {

struct TimeMixWeights {
    Tensor mixX;                          // [C]  share of the previous token in what decides the shares
    LowRank mixW, mixK, mixV, mixR, mixG; // that decide the shares; the bias is the share itself
    Tensor receptance, key, value, gate, output; // [C, C]
    LowRank decay;                               // of the logarithm of -log w
    Tensor bonus;                                // [H, N]  time_faaaa
    Tensor normScale, normShift;                 // [C]
};

struct ChannelMixWeights {
    Tensor mixK, mixR; // [C]  share of the previous token
    Tensor receptance; // [C, C]
    Tensor key;        // [F, C]
    Tensor value;      // [C, F]
};

// `att`: "blocks.3.att.", `ffn`: "blocks.3.ffn."
TimeMixWeights loadTimeMix(WeightLoader &load, const std::string &att, std::int64_t C);
ChannelMixWeights loadChannelMix(WeightLoader &load, const std::string &ffn, const ModelInfo &info);

// The tensor of the bonus, [H, N]: time_faaaa, or time_first, as RWKV-4 had it and some tools still do.
std::string bonusName(const WeightLoader &load, const std::string &att);

// x: [R, C], normalised. The states are those of one layer.
Value timeMix(Ops &op, const TimeMixWeights &p, Value x, int shiftState, int wkvState, int heads);

Value channelMix(Ops &op, const ChannelMixWeights &p, int shiftState, Value x);

} // namespace volary::finch
