#include "core/models/blocks/gated_channel_mix.h"

namespace volary {

GatedChannelMixWeights loadGatedChannelMix(WeightLoader &load, const std::string &ffn, const ModelInfo &info)
{
    const std::int64_t C = info.width, F = info.hidden;
    return {.mixK = load.vector(ffn + "time_mix_k", C),
            .mixR = load.vector(ffn + "time_mix_r", C),
            .receptance = load.matrix(ffn + "receptance.weight", C, C),
            .key = load.matrix(ffn + "key.weight", F, C),
            .value = load.matrix(ffn + "value.weight", C, F)};
}

Value gatedChannelMix(Ops &op, const GatedChannelMixWeights &p, Value x, int state)
{
    const Value previous = op.tokenShift(x, state);
    const Value r = op.activate(Activation::Sigmoid, op.linear(p.receptance, op.lerp(previous, x, p.mixR)));
    const Value k = op.activate(Activation::SquaredRelu, op.linear(p.key, op.lerp(previous, x, p.mixK)));
    return op.mul(r, op.linear(p.value, k));
}

} // namespace volary
