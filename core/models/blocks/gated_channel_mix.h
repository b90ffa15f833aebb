// The channel mix of RWKV-4 and RWKV-5: a squared ReLU network behind a gate of its own.
//
//   out = sigmoid(W_r mix_r) * W_v relu(W_k mix_k)^2        mix = m * x + (1 - m) * previous
#pragma once

#include "core/graph/ops.h"
#include "core/models/model_info.h"
#include "core/models/weights.h"

namespace volary {

struct GatedChannelMixWeights {
    Tensor mixK, mixR; // [C]  share of the current token
    Tensor receptance; // [C, C]
    Tensor key;        // [F, C]
    Tensor value;      // [C, F]
};

// ffn: "blocks.3.ffn."
GatedChannelMixWeights loadGatedChannelMix(WeightLoader &load, const std::string &ffn, const ModelInfo &info);

// x: [R, C], normalised; state: the index of the feed-forward shift.
Value gatedChannelMix(Ops &op, const GatedChannelMixWeights &p, Value x, int state);

} // namespace volary
