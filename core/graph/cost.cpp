#include "core/graph/cost.h"

namespace volary {

namespace {

// Of a recurrence, for one row and every element of its (first) state tensor.
std::uint64_t operationsPerElement(OpKind kind)
{
    switch (kind) {
    case OpKind::Wkv4: return 10; // numerator and denominator, once for the result and once for the state
    case OpKind::Wkv5: return 6;  // the decay, one rank-one update and the read: three multiply-adds
    case OpKind::Wkv7: return 10; // S kappa, the decay, two rank-one updates and S r: five
    default: return 0;
    }
}

} // namespace

PlanCost costOf(const Plan &plan)
{
    PlanCost cost;
    const auto bytes = [](const PlanValue &value) {
        return std::uint64_t(bytesOf(value.type, value.shape.elements()));
    };
    for (const PlanOp &op : plan.ops) {
        if (op.output < 0)
            continue; // a row kept for later: next to nothing
        const PlanValue &output = plan.values[std::size_t(op.output)];
        if (op.kind == OpKind::Linear) {
            const PlanValue &weight = plan.values[std::size_t(op.inputs[0])];
            cost.operations += 2 * std::uint64_t(weight.shape.elements()) * std::uint64_t(output.shape[0]);
            cost.bytes += bytes(weight);
        } else if (op.kind == OpKind::Embed) { // only the rows that are looked up
            cost.bytes += bytes(output);
        }
        for (const ValueId state : op.states) {
            if (state >= 0)
                cost.bytes += 2 * bytes(plan.values[std::size_t(state)]) * std::uint64_t(plan.sequences);
        }
        if (op.states[0] >= 0)
            cost.operations += operationsPerElement(op.kind) * std::uint64_t(plan.rows) *
                               std::uint64_t(plan.values[std::size_t(op.states[0])].shape.elements());
    }
    return cost;
}

} // namespace volary
