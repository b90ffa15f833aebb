// What surrounds the two mixes of a layer, the same in every version from RWKV-4 on:
//
//   x = norm(embedding[token])
//   layer by layer:  x += timeMix(norm(x))    x += channelMix(norm(x))
//   logits = head norm(x)
#pragma once

#include "core/graph/ops.h"
#include "core/models/model_info.h"
#include "core/models/weights.h"

#include <functional>
#include <vector>

namespace volary {

struct LayerNormWeights {
    Tensor scale, shift; // [C]
};

struct SkeletonWeights {
    struct Layer {
        LayerNormWeights attention, feedForward; // ln1, ln2
    };

    Tensor embedding;             // [V, C]
    LayerNormWeights first, last; // ln0, ln_out
    std::vector<Layer> layers;
    Tensor head; // [V, C]
};

SkeletonWeights loadSkeleton(WeightLoader &load, const ModelInfo &info);

// The sub-block of one layer: its normalised input [R, C] to what is added to the residual stream.
using Mix = std::function<Value(int layer, Value x)>;

// norm(embedding[token]), [R, C]: where the residual stream begins.
Value recordEmbedding(Ops &op, const SkeletonWeights &w);

// Records the whole model, its result included (Want decides how much of it).
void recordSkeleton(Ops &op, const SkeletonWeights &w, const Mix &timeMix, const Mix &channelMix);

} // namespace volary
