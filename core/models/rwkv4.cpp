// RWKV-4 "Dove": Peng et al., "RWKV: Reinventing RNNs for the Transformer Era", 2023.
//
// No heads and no matrices in the state yet: every channel keeps one mean of the values it has seen, weighted
// by e^key and fading at a learned rate. The receptance decides how much of it is let through.
#include "core/models/rwkv4.h"

#include "core/models/blocks/checkpoint.h"
#include "core/models/blocks/gated_channel_mix.h"
#include "core/models/blocks/skeleton.h"
#include "core/models/blocks/states.h"

#include <cmath>

namespace volary::rwkv4 {

namespace {

// Weights: names and shapes as in the official checkpoints.
// .

struct TimeMixWeights {
    Tensor mixK, mixV, mixR;               // [C]  share of the current token
    Tensor receptance, key, value, output; // [C, C]
    Tensor logDecay;                       // [C]  -exp(time_decay)
    Tensor bonus;                          // [C]  time_first
};

struct LayerWeights {
    TimeMixWeights timeMix;
    GatedChannelMixWeights channelMix;
};

struct Weights {
    SkeletonWeights skeleton;
    std::vector<LayerWeights> layers;
};

// rwkv.cpp stores what the others compute.
Tensor loadLogDecay(WeightLoader &load, const std::string &name, std::int64_t C)
{
    std::vector<float> numbers = load.numbers(name, C);
    if (!isRwkvCpp(load)) {
        for (float &number : numbers)
            number = float(-std::exp(double(number)));
    }
    return load.vectorOf(std::move(numbers));
}

TimeMixWeights loadTimeMix(WeightLoader &load, const std::string &att, std::int64_t C)
{
    return {.mixK = load.vector(att + "time_mix_k", C),
            .mixV = load.vector(att + "time_mix_v", C),
            .mixR = load.vector(att + "time_mix_r", C),
            .receptance = load.matrix(att + "receptance.weight", C, C),
            .key = load.matrix(att + "key.weight", C, C),
            .value = load.matrix(att + "value.weight", C, C),
            .output = load.matrix(att + "output.weight", C, C),
            .logDecay = loadLogDecay(load, att + "time_decay", C),
            .bonus = load.vector(att + "time_first", C)};
}

// Equations.
// .

// Where each layer's tensors stand in the state spec.
enum StateSlotOfLayer { AttentionShift, Numerator, Denominator, Maximum, FeedForwardShift, SlotsPerLayer };

// Below every exponent that occurs, and finite: see core/tensor/ops/wkv4.h.
constexpr float kNothingYet = -1e30f;

// x: [R, C], normalised.
Value timeMix(Ops &op, const TimeMixWeights &p, int layer, Value x)
{
    const int slot = layer * SlotsPerLayer;
    const Value previous = op.tokenShift(x, slot + AttentionShift);
    const Value r = op.activate(Activation::Sigmoid, op.linear(p.receptance, op.lerp(previous, x, p.mixR)));
    const Value k = op.linear(p.key, op.lerp(previous, x, p.mixK));
    const Value v = op.linear(p.value, op.lerp(previous, x, p.mixV));
    const Value mean =
        op.wkv4(k, v, p.logDecay, p.bonus, {slot + Numerator, slot + Denominator, slot + Maximum});
    return op.linear(p.output, op.mul(r, mean));
}

class Dove final : public Model {
public:
    Dove(ModelInfo info, Weights weights) : m_weights(std::move(weights))
    {
        m_info = std::move(info);
        for (int layer = 0; layer < m_info.layers; ++layer)
            declareState(layer);
    }

    void record(Ops &op) const override
    {
        const auto &layers = m_weights.layers;
        recordSkeleton(
            op, m_weights.skeleton,
            [&](int l, Value x) { return timeMix(op, layers[std::size_t(l)].timeMix, l, x); },
            [&](int l, Value x) {
                return gatedChannelMix(op, layers[std::size_t(l)].channelMix, x,
                                       l * SlotsPerLayer + FeedForwardShift);
            });
    }

private:
    // In the order of StateSlotOfLayer.
    void declareState(int layer)
    {
        const auto sum = [&](const char *name, StateRole role, float initial) {
            return StateTensor{.name = blockPrefix(layer) + "att." + name,
                               .type = DType::F32,
                               .shape = {m_info.width},
                               .role = role,
                               .layer = layer,
                               .layout = "channel",
                               .initial = initial};
        };
        m_stateSpec.push_back(attentionShift(layer, m_info.width));
        m_stateSpec.push_back(sum("numerator", StateRole::Numerator, 0));
        m_stateSpec.push_back(sum("denominator", StateRole::Denominator, 0));
        m_stateSpec.push_back(sum("maximum", StateRole::Maximum, kNothingYet));
        m_stateSpec.push_back(feedForwardShift(layer, m_info.width));
    }

    Weights m_weights;
};

} // namespace

// Recognising and loading.
// .

bool recognises(const TensorFile &file)
{
    return hasTensor(file, "blocks.0.att.time_decay") && !hasTensor(file, "blocks.0.att.ln_x.weight");
}

std::unique_ptr<const Model> load(WeightLoader &load)
{
    ModelInfo info{.architecture = "rwkv4", .title = "RWKV-4 “Dove”"};
    readSizes(load, {}, info);
    Weights w{.skeleton = loadSkeleton(load, info), .layers = {}};
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer) {
        const std::string block = blockPrefix(layer);
        w.layers.push_back({.timeMix = loadTimeMix(load, block + "att.", info.width),
                            .channelMix = loadGatedChannelMix(load, block + "ffn.", info)});
    }
    if (load.failed())
        return nullptr;
    return std::make_unique<Dove>(info, std::move(w));
}

} // namespace volary::rwkv4
