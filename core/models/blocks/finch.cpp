#include "core/models/blocks/finch.h"

#include "core/models/blocks/checkpoint.h"

namespace volary::finch {

namespace {

constexpr float kGroupNormEpsilon = 64e-5f;

} // namespace

std::string bonusName(const WeightLoader &load, const std::string &att)
{
    return att +
           (load.has(att + "time_faaaa") || !load.has(att + "time_first") ? "time_faaaa" : "time_first");
}

TimeMixWeights loadTimeMix(WeightLoader &load, const std::string &att, std::int64_t C)
{
    TimeMixWeights w;
    w.mixX = load.vector(att + "time_maa_x", C);
    const std::string maa = att + "time_maa_";
    loadLowRanks(load, maa + "w1", maa + "w2", C,
                 {{w.mixW, maa + "w"},
                  {w.mixK, maa + "k"},
                  {w.mixV, maa + "v"},
                  {w.mixR, maa + "r"},
                  {w.mixG, maa + "g"}});
    w.receptance = load.matrix(att + "receptance.weight", C, C);
    w.key = load.matrix(att + "key.weight", C, C);
    w.value = load.matrix(att + "value.weight", C, C);
    w.gate = load.matrix(att + "gate.weight", C, C);
    w.output = load.matrix(att + "output.weight", C, C);
    w.decay = loadLowRank(load, att + "time_decay_w1", att + "time_decay_w2", C);
    w.decay.bias = load.vector(att + "time_decay", C);
    w.bonus = load.vector(bonusName(load, att), C);
    w.normScale = load.vector(att + "ln_x.weight", C);
    w.normShift = load.vector(att + "ln_x.bias", C);
    return w;
}

Value timeMix(Ops &op, const TimeMixWeights &p, Value x, int shiftState, int wkvState, int heads)
{
    const Value previous = op.tokenShift(x, shiftState);
    const Value deciding = op.lerp(x, previous, p.mixX);
    const auto mixed = [&](const LowRank &mix) {
        return op.lerp(x, previous, project(op, mix, deciding, Activation::Tanh));
    };

    const Value w = op.decay6(project(op, p.decay, mixed(p.mixW), Activation::Tanh));
    const Value k = op.linear(p.key, mixed(p.mixK));
    const Value v = op.linear(p.value, mixed(p.mixV));
    const Value r = op.linear(p.receptance, mixed(p.mixR));
    const Value g = op.activate(Activation::Silu, op.linear(p.gate, mixed(p.mixG)));

    const Value read = op.wkv5(r, w, k, v, p.bonus, wkvState);
    const Value y = op.groupNorm(read, p.normScale, p.normShift, heads, kGroupNormEpsilon);
    return op.linear(p.output, op.mul(y, g));
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

Value channelMix(Ops &op, const ChannelMixWeights &p, int shiftState, Value x)
{
    const Value previous = op.tokenShift(x, shiftState);
    const Value k = op.activate(Activation::SquaredRelu, op.linear(p.key, op.lerp(x, previous, p.mixK)));
    const Value r = op.activate(Activation::Sigmoid, op.linear(p.receptance, op.lerp(x, previous, p.mixR)));
    return op.mul(r, op.linear(p.value, k));
}

} // namespace volary::finch
