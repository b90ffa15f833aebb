#include "core/models/blocks/low_rank.h"

#include "core/models/blocks/checkpoint.h"

namespace volary {

namespace {

Tensor factor(WeightLoader &load, const std::string &name, std::int64_t inputs, std::int64_t outputs)
{
    return isRwkvCpp(load) ? load.matrix(name, outputs, inputs) : load.transposed(name, inputs, outputs);
}

} // namespace

LowRank loadLowRank(WeightLoader &load, const std::string &down, const std::string &up, std::int64_t C)
{
    const Shape shape = load.shapeOf(down);
    const std::int64_t D = shape.rank() == 2 ? shape[isRwkvCpp(load) ? 0 : 1] : 0;
    return {.down = factor(load, down, C, D), .up = factor(load, up, D, C), .bias = {}};
}

Value project(Ops &op, const LowRank &p, Value x, std::optional<Activation> inner)
{
    Value low = op.linear(p.down, x);
    if (inner)
        low = op.activate(*inner, low);
    const Value high = op.linear(p.up, low);
    return p.bias ? op.add(high, p.bias) : high;
}

} // namespace volary
