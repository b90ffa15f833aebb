// The decoder of Qwen 2.5 around the RWKV mixers that were trained into it, and its own softmax attention,
// which some layers keep.
//
//   x = embedding[token]
//   layer by layer:  x += mixer(rms(x))    x += W_down(silu(W_gate rms(x)) * W_up rms(x))
//   logits = head rms(x)
//
// Source: "Qwen2.5 Technical Report", 2024, and the published models.
#pragma once

#include "core/base/json.h"
#include "core/graph/ops.h"
#include "core/models/model_info.h"
#include "core/models/state_spec.h"
#include "core/models/weights.h"

#include <functional>
#include <vector>

namespace volary::qwen {

struct DecoderWeights {
    struct Layer {
        Tensor mixerNorm, feedForwardNorm; // [C]
        Tensor gate, up;                   // [F, C]
        Tensor down;                       // [C, F]
    };
    Tensor embedding; // [V, C]
    std::vector<Layer> layers;
    Tensor lastNorm; // [C]
    Tensor head;     // [V, C]; the embedding where the file ties them
    float epsilon = 0;
};

// "model.layers.3."
std::string layerPrefix(int layer);

// Sizes from the shapes. Heads and their size are the caller's.
void readSizes(WeightLoader &load, ModelInfo &info);
// Divides the width into heads; what does not fit is an error that sticks to the loader.
void setHeads(WeightLoader &load, std::int64_t heads, ModelInfo &info);

// Numbers and switches of the config file; what is used enters the fingerprint of the model.
class Config {
public:
    explicit Config(WeightLoader &load);
    bool flag(std::string_view key, bool otherwise);
    // Missing and null: otherwise. What lies outside low .. high is an error that sticks to the loader.
    double number(std::string_view key, double otherwise, double low, double high);
    int count(std::string_view key); // 0 where it is missing or no count

private:
    WeightLoader &m_load;
    Json m_json;
};

DecoderWeights loadDecoder(WeightLoader &load, const ModelInfo &info, Config &config);

// The tokens read: for models that turn by position and keep no other rows, so that a restored state knows
// where it stands.
StateTensor tokensRead();

using Mixer = std::function<Value(int layer, Value x)>; // x: [R, C], normalised
void recordDecoder(Ops &op, const DecoderWeights &w, const Mixer &mixer);

struct Projection {
    Tensor weight; // [O, C]
    Tensor bias;   // [O], or absent
};
Projection loadProjection(WeightLoader &load, const std::string &name, std::int64_t outputs,
                          std::int64_t inputs);
Value project(Ops &op, const Projection &p, Value x);

// Heads of keys and values, from the shape of their projection.
int countKeyHeads(WeightLoader &load, const std::string &keyWeight, int headSize);

struct AttentionWeights {
    Projection query, key, value;
    Tensor output; // [C, C]
    int heads = 0, keyHeads = 0;
};

// prefix: "model.layers.3.self_attn."
AttentionWeights loadAttention(WeightLoader &load, const std::string &prefix, const ModelInfo &info,
                               int heads);
// The cache of one layer: keys after rotation, and values.
void declareAttention(std::vector<StateTensor> &spec, int layer, const AttentionWeights &p, int headSize);
// firstState: the index of the layer's keys; its values follow.
Value attend(Ops &op, const AttentionWeights &p, Value x, int firstState, double ropeBase);

} // namespace volary::qwen
