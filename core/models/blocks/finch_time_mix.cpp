#include "core/models/blocks/finch_time_mix.h"

#include "core/models/blocks/checkpoint.h"

namespace volary::finch {

namespace {

constexpr float kGroupNormEpsilon = 64e-5f;

// The five pairs share two tensors: time_maa_w1 [C, 5 M] and time_maa_w2 [5, M, C], in the order w, k, v, r,
// g.
void loadMixes(WeightLoader &load, const std::string &att, std::int64_t C, TimeMixWeights &w)
{
    constexpr std::int64_t kPairs = 5;
    const std::string down = att + "time_maa_w1", up = att + "time_maa_w2";
    const Shape downShape = load.shapeOf(down), upShape = load.shapeOf(up);
    if (load.failed())
        return;
    const bool downTurned = downShape.rank() == 2 && isTurned(load, downShape, C, 0); // [5 M, C]
    const bool upTurned = upShape.rank() == 3 && isTurned(load, upShape, C, 2);       // [5, C, M]
    const std::int64_t M = upShape.rank() == 3 ? upShape[upTurned ? 2 : 1] : 0;
    const Tensor downs = downTurned ? load.matrix(down, kPairs * M, C) : load.transposed(down, C, kPairs * M);
    const Tensor ups = upTurned ? load.matrices(up, kPairs, C, M) : load.transposedMatrices(up, kPairs, M, C);
    if (load.failed())
        return;
    LowRank *const pairs[kPairs] = {&w.mixW, &w.mixK, &w.mixV, &w.mixR, &w.mixG};
    constexpr char letters[] = "wkvrg";
    for (std::int64_t i = 0; i < kPairs; ++i)
        *pairs[i] = {.down = rowsOf(downs, i * M, M),
                     .up = rowsOf(ups, i * C, C),
                     .bias = load.vector(att + "time_maa_" + letters[i], C)};
}

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
    loadMixes(load, att, C, w);
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

} // namespace volary::finch
