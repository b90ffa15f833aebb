// RWKV-6 "Finch" (x060): Peng et al., "Eagle and Finch: RWKV with Matrix-Valued States and Dynamic
// Recurrence", 2024.
//
// The recurrence of RWKV-5, but what was learned once is now decided by every token: how much of the previous
// token enters each of the five projections, and how fast each channel of the state decays.
#include "core/models/rwkv6.h"

#include "core/models/blocks/checkpoint.h"
#include "core/models/blocks/low_rank.h"
#include "core/models/blocks/skeleton.h"
#include "core/models/blocks/states.h"

namespace volary::rwkv6 {

namespace {

// Weights: names and shapes as in the official checkpoints.
// .

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

struct LayerWeights {
    TimeMixWeights timeMix;
    ChannelMixWeights channelMix;
};

struct Weights {
    SkeletonWeights skeleton;
    std::vector<LayerWeights> layers;
};

// The five pairs share two tensors: time_maa_w1 [C, 5 M] and time_maa_w2 [5, M, C], in the order w, k, v, r,
// g.
void loadMixes(WeightLoader &load, const std::string &att, std::int64_t C, TimeMixWeights &w)
{
    constexpr std::int64_t kPairs = 5;
    const bool turned = isRwkvCpp(load); // [5 M, C] and [5, C, M]
    const Shape stored = load.shapeOf(att + "time_maa_w2");
    const std::int64_t M = stored.rank() == 3 ? stored[turned ? 2 : 1] : 0;
    const std::string down = att + "time_maa_w1", up = att + "time_maa_w2";
    const Tensor downs = turned ? load.matrix(down, kPairs * M, C) : load.transposed(down, C, kPairs * M);
    const Tensor ups = turned ? load.matrices(up, kPairs, C, M) : load.transposedMatrices(up, kPairs, M, C);
    if (load.failed())
        return;
    LowRank *const pairs[kPairs] = {&w.mixW, &w.mixK, &w.mixV, &w.mixR, &w.mixG};
    constexpr char letters[] = "wkvrg";
    for (std::int64_t i = 0; i < kPairs; ++i)
        *pairs[i] = {.down = rowsOf(downs, i * M, M),
                     .up = rowsOf(ups, i * C, C),
                     .bias = load.vector(att + "time_maa_" + letters[i], C)};
}

TimeMixWeights loadTimeMix(WeightLoader &load, const std::string &att, std::int64_t C)
{
    TimeMixWeights w;
    w.mixX = load.vector(att + "time_maa_x", C);
    loadMixes(load, att, C, w);
    w.receptance = load.matrix(att + "receptance.weight", C, C);
    w.key = load.matrix(att + "key.weight", C, C);
    w.value = load.matrix(att + "value.weight", C, C);
    w.gate = load.matrix(att + "gate.weight", C, C);
    w.output = load.matrix(att + "output.weight", C, C);
    w.decay = loadLowRank(load, att + "time_decay_w1", att + "time_decay_w2", C);
    w.decay.bias = load.vector(att + "time_decay", C);
    w.bonus = load.vector(att + "time_faaaa", C);
    w.normScale = load.vector(att + "ln_x.weight", C);
    w.normShift = load.vector(att + "ln_x.bias", C);
    return w;
}

ChannelMixWeights loadChannelMix(WeightLoader &load, const std::string &ffn, const ModelInfo &info)
{
    const std::int64_t C = info.width, F = info.hidden;
    return {.mixK = load.vector(ffn + "time_maa_k", C),
            .mixR = load.vector(ffn + "time_maa_r", C),
            .receptance = load.matrix(ffn + "receptance.weight", C, C),
            .key = load.matrix(ffn + "key.weight", F, C),
            .value = load.matrix(ffn + "value.weight", C, F)};
}

// Equations.
// .

constexpr float kGroupNormEpsilon = 64e-5f;

// Where each layer's tensors stand in the state spec.
enum StateSlotOfLayer { AttentionShift, Wkv, FeedForwardShift, SlotsPerLayer };

// x: [R, C], normalised.
Value timeMix(Ops &op, const TimeMixWeights &p, int layer, Value x, int heads)
{
    const Value previous = op.tokenShift(x, layer * SlotsPerLayer + AttentionShift);
    const Value deciding = op.lerp(x, previous, p.mixX);
    const auto mixed = [&](const LowRank &mix) {
        return op.lerp(x, previous, project(op, mix, deciding, Activation::Tanh));
    };

    const Value w = op.decay6(project(op, p.decay, mixed(p.mixW), Activation::Tanh));
    const Value k = op.linear(p.key, mixed(p.mixK));
    const Value v = op.linear(p.value, mixed(p.mixV));
    const Value r = op.linear(p.receptance, mixed(p.mixR));
    const Value g = op.activate(Activation::Silu, op.linear(p.gate, mixed(p.mixG)));

    const Value read = op.wkv5(r, w, k, v, p.bonus, layer * SlotsPerLayer + Wkv);
    const Value y = op.groupNorm(read, p.normScale, p.normShift, heads, kGroupNormEpsilon);
    return op.linear(p.output, op.mul(y, g));
}

Value channelMix(Ops &op, const ChannelMixWeights &p, int layer, Value x)
{
    const Value previous = op.tokenShift(x, layer * SlotsPerLayer + FeedForwardShift);
    const Value k = op.activate(Activation::SquaredRelu, op.linear(p.key, op.lerp(x, previous, p.mixK)));
    const Value r = op.activate(Activation::Sigmoid, op.linear(p.receptance, op.lerp(x, previous, p.mixR)));
    return op.mul(r, op.linear(p.value, k));
}

class Finch final : public Model {
public:
    Finch(ModelInfo info, Weights weights) : m_weights(std::move(weights))
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
            [&](int l, Value x) { return timeMix(op, layers[std::size_t(l)].timeMix, l, x, m_info.heads); },
            [&](int l, Value x) { return channelMix(op, layers[std::size_t(l)].channelMix, l, x); });
    }

private:
    Weights m_weights;
};

} // namespace

// Recognising and loading.
// .

bool recognises(const TensorFile &file)
{
    return hasTensor(file, "blocks.0.att.time_maa_x");
}

std::unique_ptr<const Model> load(WeightLoader &load)
{
    ModelInfo info{.architecture = "rwkv6", .title = "RWKV-6 “Finch”"};
    readSizes(load, "blocks.0.att.time_faaaa", info);
    Weights w{.skeleton = loadSkeleton(load, info), .layers = {}};
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer) {
        const std::string block = blockPrefix(layer);
        w.layers.push_back({.timeMix = loadTimeMix(load, block + "att.", info.width),
                            .channelMix = loadChannelMix(load, block + "ffn.", info)});
    }
    if (load.failed())
        return nullptr;
    return std::make_unique<Finch>(info, std::move(w));
}

} // namespace volary::rwkv6
