#include "core/graph/cost.h"

namespace volary {

namespace {

// wkv7: S kappa, the decay, two rank-one updates and S r: five multiply-adds for every element of the state.
constexpr std::uint64_t kWkv7Operations = 10;

} // namespace

PlanCost costOf(const Plan &plan)
{
    PlanCost cost;
    const auto bytes = [](const PlanValue &value) {
        return std::uint64_t(value.shape.elements()) * bytesPerElement(value.type);
    };
    for (const PlanOp &op : plan.ops) {
        const PlanValue &output = plan.values[std::size_t(op.output)];
        if (op.kind == OpKind::Linear) {
            const PlanValue &weight = plan.values[std::size_t(op.inputs[0])];
            cost.operations += 2 * std::uint64_t(weight.shape.elements()) * std::uint64_t(output.shape[0]);
            cost.bytes += bytes(weight);
        } else if (op.kind == OpKind::Embed) { // only the rows that are looked up
            cost.bytes += bytes(output);
        }
        if (op.state >= 0) {
            const PlanValue &state = plan.values[std::size_t(op.state)];
            cost.bytes += 2 * bytes(state) * std::uint64_t(plan.sequences);
            if (op.kind == OpKind::Wkv7)
                cost.operations +=
                    kWkv7Operations * std::uint64_t(state.shape.elements()) * std::uint64_t(plan.rows);
        }
    }
    return cost;
}

} // namespace volary
