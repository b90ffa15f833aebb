#include "kernels/gpu/run_block.h"

#include "core/base/check.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace volary::gpu {

namespace {

// Whether an op asks which rows belong to which sequence.
bool looksAtSequences(OpKind kind)
{
    switch (kind) {
    case OpKind::TokenShift:
    case OpKind::Wkv4:
    case OpKind::Wkv5:
    case OpKind::Wkv7:
    case OpKind::Rope:
    case OpKind::KeepRows:
    case OpKind::Attention:
    case OpKind::LastRows: return true;
    default: return false;
    }
}

template <typename T>
void put(std::span<std::byte> block, std::size_t offset, std::span<const T> from)
{
    std::memcpy(block.data() + offset, from.data(), from.size_bytes());
}

} // namespace

bool isWeight(const Plan &plan, ValueId id)
{
    return plan.values[std::size_t(id)].kind == PlanValue::Kind::Weight;
}

int rowsSeen(const Plan &plan, const PlanOp &op)
{
    return op.inputs[0] >= 0 && !isWeight(plan, op.inputs[0])
               ? int(plan.values[std::size_t(op.inputs[0])].shape[0])
               : plan.rows;
}

RunBlock::RunBlock(const Plan &plan) : m_plan(plan)
{
    for (const PlanValue &value : plan.values) {
        if (value.kind == PlanValue::Kind::State &&
            std::ranges::find(m_stateIndices, value.index) == m_stateIndices.end())
            m_stateIndices.push_back(value.index);
    }
    for (const PlanOp &op : plan.ops) {
        const int seen = rowsSeen(plan, op);
        const auto known = [&](const Window &window) { return window.rows == seen; };
        if (looksAtSequences(op.kind) && seen != plan.rows && std::ranges::none_of(m_windows, known)) {
            VOLARY_CHECK(plan.sequences == 1, "only a single sequence has a window");
            m_windows.push_back({seen, 0, 0});
        }
    }
    const auto sequences = std::size_t(plan.sequences);
    m_bytes = m_stateIndices.size() * sequences * sizeof(std::uint64_t);
    const auto reserve = [this](std::size_t size) { return std::exchange(m_bytes, m_bytes + size); };
    m_positions = reserve(sequences * sizeof(std::int64_t));
    m_keptFrom = reserve(sequences * sizeof(std::int64_t));
    for (Window &window : m_windows)
        window.position = reserve(sizeof(std::int64_t));
    for (Window &window : m_windows)
        window.firstRow = reserve(2 * sizeof(std::int32_t));
    m_firstRow = reserve((sequences + 1) * sizeof(std::int32_t));
    m_tokens = reserve(std::size_t(plan.rows) * sizeof(std::int32_t));
}

RunBlock::Sequences RunBlock::sequencesOf(const PlanOp &op) const
{
    const int rows = rowsSeen(m_plan, op);
    for (const Window &window : m_windows) {
        if (window.rows == rows && rows != m_plan.rows)
            return {window.firstRow, window.position, 1, rows};
    }
    return {m_firstRow, m_positions, m_plan.sequences, m_plan.rows};
}

std::size_t RunBlock::statesOf(const PlanOp &op, std::size_t slot) const
{
    const int index = m_plan.values[std::size_t(op.states[slot])].index;
    const auto before = std::size_t(std::ranges::find(m_stateIndices, index) - m_stateIndices.begin());
    return before * std::size_t(m_plan.sequences) * sizeof(std::uint64_t);
}

void RunBlock::fill(std::span<std::byte> to, const Bindings &bindings,
                    const std::function<std::uint64_t(const Tensor &)> &address) const
{
    std::size_t at = 0;
    for (const int index : m_stateIndices) {
        for (const std::span<const Tensor> &sequence : bindings.states) {
            const std::uint64_t state = address(sequence[std::size_t(index)]);
            put(to, at, std::span<const std::uint64_t>(&state, 1));
            at += sizeof(state);
        }
    }
    put(to, m_positions, bindings.positions);
    const std::vector<std::int64_t> all(std::size_t(m_plan.sequences), 0);
    put(to, m_keptFrom, bindings.keptFrom.empty() ? std::span<const std::int64_t>(all) : bindings.keptFrom);
    for (const Window &window : m_windows) {
        const std::int64_t position = bindings.positions[0] + m_plan.rows - window.rows;
        const std::int32_t rows[] = {0, window.rows};
        put(to, window.position, std::span<const std::int64_t>(&position, 1));
        put(to, window.firstRow, std::span<const std::int32_t>(rows));
    }
    put(to, m_firstRow, bindings.firstRow);
    put(to, m_tokens, bindings.tokens);
}

} // namespace volary::gpu
