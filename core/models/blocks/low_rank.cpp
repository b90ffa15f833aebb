#include "core/models/blocks/low_rank.h"

#include "core/models/blocks/checkpoint.h"

namespace volary {

bool isTurned(const TensorFile &file, const Shape &stored, std::int64_t C, int officialDimension)
{
    if (isRwkvCpp(file))
        return true;
    const int last = stored.rank() - 1;
    const int other = officialDimension == last ? last - 1 : last;
    return other >= 0 && stored[officialDimension] != C && stored[other] == C;
}

LowRank loadLowRank(WeightLoader &load, const std::string &down, const std::string &up, std::int64_t C)
{
    const Shape downShape = load.shapeOf(down), upShape = load.shapeOf(up);
    if (load.failed())
        return {};
    // What is no matrix is refused for its shape by the loader.
    const bool downTurned = downShape.rank() == 2 && isTurned(load.file(), downShape, C, 0);
    const bool upTurned = upShape.rank() == 2 && isTurned(load.file(), upShape, C, 1);
    const std::int64_t D = downShape.rank() == 2 ? downShape[downTurned ? 0 : 1] : 0;
    return {.down = downTurned ? load.matrix(down, D, C) : load.transposed(down, C, D),
            .up = upTurned ? load.matrix(up, C, D) : load.transposed(up, D, C),
            .bias = {}};
}

void loadLowRanks(WeightLoader &load, const std::string &down, const std::string &up, std::int64_t C,
                  std::initializer_list<StackedPair> pairs)
{
    const auto n = std::int64_t(pairs.size());
    const Shape downShape = load.shapeOf(down), upShape = load.shapeOf(up);
    if (load.failed())
        return;
    // What has another rank is refused for its shape by the loader.
    const bool downTurned = downShape.rank() == 2 && isTurned(load.file(), downShape, C, 0); // [n D, C]
    const bool upTurned = upShape.rank() == 3 && isTurned(load.file(), upShape, C, 2);       // [n, C, D]
    const std::int64_t D = upShape.rank() == 3 ? upShape[upTurned ? 2 : 1] : 0;
    const Tensor downs = downTurned ? load.matrix(down, n * D, C) : load.transposed(down, C, n * D);
    const Tensor ups = upTurned ? load.matrices(up, n, C, D) : load.transposedMatrices(up, n, D, C);
    if (load.failed())
        return;
    std::int64_t i = 0;
    for (const StackedPair &each : pairs) {
        each.pair = {
            .down = rowsOf(downs, i * D, D), .up = rowsOf(ups, i * C, C), .bias = load.vector(each.bias, C)};
        ++i;
    }
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
