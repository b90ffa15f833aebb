// RWKV-5 "Eagle": Peng et al., "Eagle and Finch: RWKV with Matrix-Valued States and Dynamic Recurrence",
// 2024.
//
// The state of each head is a matrix S that maps keys to values. Every token reads it, with a bonus for
// itself, then lets it decay at a learned rate and adds its own key and value:
//
//   out = (S + (u * k) v^T)^T r        S <- diag(w) S + k v^T
//
// Three versions were published, each with more of its own than the one before:
//
//          decay w            bonus u                                    gate
//   5.0    one for a head     one for a head, exp(time_first)            none
//   5.1    one for a head     one for a head, time_faaaa                 silu(W_g x)
//   5.2    one for a channel  one for a channel, time_faaaa              silu(W_g x)
//
// Here every channel gets a decay and a bonus of its own when the weights are loaded, so the equations are
// those of 5.2 with or without a gate.
#include "core/models/rwkv5.h"

#include "core/models/blocks/checkpoint.h"
#include "core/models/blocks/gated_channel_mix.h"
#include "core/models/blocks/skeleton.h"
#include "core/models/blocks/states.h"

#include <cmath>

namespace volary::rwkv5 {

namespace {

// Weights: names and shapes as in the official checkpoints.
// .

struct TimeMixWeights {
    Tensor mixK, mixV, mixR, mixG;         // [C]  share of the current token
    Tensor receptance, key, value, output; // [C, C]
    Tensor gate;                           // [C, C]; absent in 5.0, and mixG with it
    Tensor decay;                          // [H, N]  w, itself
    Tensor bonus;                          // [H, N]  u, itself
    Tensor normScale, normShift;           // [C]
};

struct LayerWeights {
    TimeMixWeights timeMix;
    GatedChannelMixWeights channelMix;
};

struct Weights {
    SkeletonWeights skeleton;
    std::vector<LayerWeights> layers;
    float groupNormEpsilon;
};

// One number for each channel, or one for each head that its channels share; each transformed first.
template <typename Transform>
Tensor loadPerChannel(WeightLoader &load, const std::string &name, const ModelInfo &info, Transform transform)
{
    const bool perHead = load.shapeOf(name).elements() == info.heads;
    const std::vector<float> stored = load.numbers(name, perHead ? info.heads : info.width);
    if (load.failed())
        return {};
    std::vector<float> numbers(std::size_t(info.width));
    for (std::size_t c = 0; c < numbers.size(); ++c)
        numbers[c] = float(transform(double(stored[perHead ? c / std::size_t(info.headSize) : c])));
    return load.vectorOf(std::move(numbers));
}

double itself(double x)
{
    return x;
}

// rwkv.cpp stores the decay, and the bonus of 5.0, as they are used.
Tensor loadDecay(WeightLoader &load, const std::string &att, const ModelInfo &info)
{
    const auto decay = [](double x) { return std::exp(-std::exp(x)); };
    return isRwkvCpp(load) ? loadPerChannel(load, att + "time_decay", info, itself)
                           : loadPerChannel(load, att + "time_decay", info, decay);
}

Tensor loadBonus(WeightLoader &load, const std::string &att, const ModelInfo &info)
{
    const auto exponential = [](double x) { return std::exp(x); };
    if (load.has(att + "time_faaaa"))
        return loadPerChannel(load, att + "time_faaaa", info, itself);
    return isRwkvCpp(load) ? loadPerChannel(load, att + "time_first", info, itself)
                           : loadPerChannel(load, att + "time_first", info, exponential);
}

TimeMixWeights loadTimeMix(WeightLoader &load, const std::string &att, const ModelInfo &info)
{
    const std::int64_t C = info.width;
    TimeMixWeights w{.mixK = load.vector(att + "time_mix_k", C),
                     .mixV = load.vector(att + "time_mix_v", C),
                     .mixR = load.vector(att + "time_mix_r", C),
                     .mixG = {},
                     .receptance = load.matrix(att + "receptance.weight", C, C),
                     .key = load.matrix(att + "key.weight", C, C),
                     .value = load.matrix(att + "value.weight", C, C),
                     .output = load.matrix(att + "output.weight", C, C),
                     .gate = {},
                     .decay = loadDecay(load, att, info),
                     .bonus = loadBonus(load, att, info),
                     .normScale = load.vector(att + "ln_x.weight", C),
                     .normShift = load.vector(att + "ln_x.bias", C)};
    if (load.has("blocks.0.att.gate.weight")) { // all layers or none
        w.mixG = load.vector(att + "time_mix_g", C);
        w.gate = load.matrix(att + "gate.weight", C, C);
    }
    return w;
}

// Equations.
// .

// Where each layer's tensors stand in the state spec.
enum StateSlotOfLayer { AttentionShift, Wkv, FeedForwardShift, SlotsPerLayer };

// x: [R, C], normalised.
Value timeMix(Ops &op, const TimeMixWeights &p, int layer, Value x, const ModelInfo &info, float epsilon)
{
    const Value previous = op.tokenShift(x, layer * SlotsPerLayer + AttentionShift);
    const Value r = op.linear(p.receptance, op.lerp(previous, x, p.mixR));
    const Value k = op.linear(p.key, op.lerp(previous, x, p.mixK));
    const Value v = op.linear(p.value, op.lerp(previous, x, p.mixV));

    const Value read = op.wkv5(r, p.decay, k, v, p.bonus, layer * SlotsPerLayer + Wkv);
    Value y = op.groupNorm(read, p.normScale, p.normShift, info.heads, epsilon);
    if (p.gate)
        y = op.mul(y, op.activate(Activation::Silu, op.linear(p.gate, op.lerp(previous, x, p.mixG))));
    return op.linear(p.output, y);
}

class Eagle final : public Model {
public:
    Eagle(ModelInfo info, Weights weights) : m_weights(std::move(weights))
    {
        m_info = std::move(info);
        for (int layer = 0; layer < m_info.layers; ++layer) {
            // in the order of StateSlotOfLayer
            m_stateSpec.push_back(attentionShift(layer, m_info.width));
            m_stateSpec.push_back(keyValueState(layer, m_info.heads, m_info.headSize));
            m_stateSpec.push_back(feedForwardShift(layer, m_info.width));
        }
    }

    void record(Ops &op) const override
    {
        const auto &layers = m_weights.layers;
        recordSkeleton(
            op, m_weights.skeleton,
            [&](int l, Value x) {
                return timeMix(op, layers[std::size_t(l)].timeMix, l, x, m_info, m_weights.groupNormEpsilon);
            },
            [&](int l, Value x) {
                return gatedChannelMix(op, layers[std::size_t(l)].channelMix, x,
                                       l * SlotsPerLayer + FeedForwardShift);
            });
    }

private:
    Weights m_weights;
};

} // namespace

// Recognising and loading.
// .

bool recognises(const TensorFile &file)
{
    return hasTensor(file, "blocks.0.att.ln_x.weight") && hasTensor(file, "blocks.0.att.time_decay") &&
           !hasTensor(file, "blocks.0.att.time_maa_x");
}

std::unique_ptr<const Model> load(WeightLoader &load)
{
    ModelInfo info{.architecture = "rwkv5"};
    readSizes(load, "blocks.0.att.time_decay", info);
    const bool gated = load.has("blocks.0.att.gate.weight");
    const bool oneDecayPerHead = load.shapeOf("blocks.0.att.time_decay").elements() == info.heads;
    info.title = !gated ? "RWKV-5.0" : oneDecayPerHead ? "RWKV-5.1" : "RWKV-5.2 “Eagle”";

    // The files of rwkv.cpp were made for its own evaluation, which normalises heads with another epsilon.
    Weights w{.skeleton = loadSkeleton(load, info),
              .layers = {},
              .groupNormEpsilon = isRwkvCpp(load) ? 1e-5f : 64e-5f};
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer) {
        const std::string block = blockPrefix(layer);
        w.layers.push_back({.timeMix = loadTimeMix(load, block + "att.", info),
                            .channelMix = loadGatedChannelMix(load, block + "ffn.", info)});
    }
    if (load.failed())
        return nullptr;
    return std::make_unique<Eagle>(info, std::move(w));
}

} // namespace volary::rwkv5
