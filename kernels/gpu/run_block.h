// What changes from run to run, in one block of device memory, so that what was recorded for a plan never has
// to be changed.
#pragma once

#include "core/tensor/plan.h"

#include <cstddef>
#include <functional>
#include <vector>

namespace volary::gpu {

// Where its parts lie: the addresses of every state tensor of every sequence, the positions of the sequences,
// where their kept rows begin, their first rows, the tokens, and what stands in for positions and first rows
// where only the last rows of a single sequence are looked at.
class RunBlock {
public:
    explicit RunBlock(const Plan &plan);

    std::size_t bytes() const { return m_bytes; }

    // Where what an op asks about sequences lies.
    struct Sequences {
        std::size_t firstRow, positions;
        int sequences, rows;
    };
    Sequences sequencesOf(const PlanOp &op) const;
    std::size_t statesOf(const PlanOp &op, std::size_t slot) const; // [B] addresses
    std::size_t keptFrom() const { return m_keptFrom; }             // [B] int64
    std::size_t tokens() const { return m_tokens; }                 // [R] int32

    // `address` of a tensor on the device. `to` has bytes() bytes.
    void fill(std::span<std::byte> to, const Bindings &bindings,
              const std::function<std::uint64_t(const Tensor &)> &address) const;

private:
    struct Window {
        int rows;
        std::size_t position, firstRow;
    };

    const Plan &m_plan;
    std::vector<int> m_stateIndices; // of the state spec, in the order of the block
    std::vector<Window> m_windows;
    std::size_t m_positions, m_keptFrom, m_firstRow, m_tokens, m_bytes;
};

// Rows that an op looks at: those of the run, or the last of them.
int rowsSeen(const Plan &plan, const PlanOp &op);

bool isWeight(const Plan &plan, ValueId id);

} // namespace volary::gpu
