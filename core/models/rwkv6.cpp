// RWKV-6 "Finch" (x060): Peng et al., "Eagle and Finch: RWKV with Matrix-Valued States and Dynamic
// Recurrence", 2024.
//
// The recurrence of RWKV-5, but what was learned once is now decided by every token: how much of the previous
// token enters each of the five projections, and how fast each channel of the state decays.
#include "core/models/rwkv6.h"

#include "core/models/blocks/checkpoint.h"
#include "core/models/blocks/finch.h"
#include "core/models/blocks/skeleton.h"
#include "core/models/blocks/states.h"

namespace volary::rwkv6 {

namespace {

// Weights: names and shapes as in the official checkpoints.
// .

struct LayerWeights {
    finch::TimeMixWeights timeMix;
    finch::ChannelMixWeights channelMix;
};

struct Weights {
    SkeletonWeights skeleton;
    std::vector<LayerWeights> layers;
};

// Equations.
// .

// Where each layer's tensors stand in the state spec.
enum StateSlotOfLayer { AttentionShift, Wkv, FeedForwardShift, SlotsPerLayer };

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
            [&](int l, Value x) {
                return finch::timeMix(op, layers[std::size_t(l)].timeMix, x,
                                      l * SlotsPerLayer + AttentionShift, l * SlotsPerLayer + Wkv,
                                      m_info.heads);
            },
            [&](int l, Value x) {
                return finch::channelMix(op, layers[std::size_t(l)].channelMix,
                                         l * SlotsPerLayer + FeedForwardShift, x);
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
    return hasTensor(file, "blocks.0.att.time_maa_x");
}

std::unique_ptr<const Model> load(WeightLoader &load)
{
    ModelInfo info{.architecture = "rwkv6", .title = "RWKV-6 “Finch”"};
    readSizes(load, finch::bonusName(load, "blocks.0.att."), info);
    Weights w{.skeleton = loadSkeleton(load, info), .layers = {}};
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer) {
        const std::string block = blockPrefix(layer);
        w.layers.push_back({.timeMix = finch::loadTimeMix(load, block + "att.", info.width),
                            .channelMix = finch::loadChannelMix(load, block + "ffn.", info)});
    }
    if (load.failed())
        return nullptr;
    return std::make_unique<Finch>(info, std::move(w));
}

} // namespace volary::rwkv6
