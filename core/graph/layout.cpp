#include "core/graph/layout.h"

#include <algorithm>
#include <limits>
#include <map>

namespace volary {

namespace {

constexpr std::size_t kAlignment = 64; // one cache line, and the widest vector there is

// Free ranges of the arena, by offset. First fit: plans have a few hundred values and few live at a time.
class FreeRanges {
public:
    std::size_t take(std::size_t bytes)
    {
        for (auto &[offset, size] : m_ranges) {
            if (size < bytes)
                continue;
            const std::size_t at = offset;
            const std::size_t rest = size - bytes;
            m_ranges.erase(at);
            if (rest > 0)
                m_ranges[at + bytes] = rest;
            return at;
        }
        return growBy(bytes);
    }

    void give(std::size_t offset, std::size_t bytes)
    {
        auto next = m_ranges.lower_bound(offset);
        if (next != m_ranges.end() && offset + bytes == next->first) {
            bytes += next->second;
            next = m_ranges.erase(next);
        }
        if (next != m_ranges.begin()) {
            auto before = std::prev(next);
            if (before->first + before->second == offset) {
                before->second += bytes;
                return;
            }
        }
        m_ranges[offset] = bytes;
    }

    std::size_t end() const { return m_end; }

private:
    // Extends a free range at the end of the arena rather than leaving it unused.
    std::size_t growBy(std::size_t bytes)
    {
        std::size_t at = m_end;
        if (!m_ranges.empty()) {
            const auto last = std::prev(m_ranges.end());
            if (last->first + last->second == m_end) {
                at = last->first;
                m_ranges.erase(last);
            }
        }
        m_end = at + bytes;
        return at;
    }

    std::map<std::size_t, std::size_t> m_ranges; // offset -> size
    std::size_t m_end = 0;
};

std::size_t paddedBytes(const PlanValue &value)
{
    const std::size_t bytes = std::size_t(value.shape.elements()) * bytesPerElement(value.type);
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// For every value the index of the last op that reads it, or that writes it when nobody does.
std::vector<std::size_t> lastUses(const Plan &plan)
{
    std::vector<std::size_t> last(plan.values.size(), 0);
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
        if (plan.ops[i].output >= 0)
            last[std::size_t(plan.ops[i].output)] = i;
        for (const ValueId input : plan.ops[i].inputs) {
            if (input >= 0)
                last[std::size_t(input)] = i;
        }
    }
    for (std::size_t v = 0; v < plan.values.size(); ++v) {
        if (plan.values[v].kept)
            last[v] = std::numeric_limits<std::size_t>::max();
    }
    return last;
}

} // namespace

void layOut(Plan &plan)
{
    const std::vector<std::size_t> last = lastUses(plan);
    std::vector<ValueId> live;
    FreeRanges free;
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
        if (plan.ops[i].output >= 0) {
            PlanValue &output = plan.values[std::size_t(plan.ops[i].output)];
            output.offset = free.take(paddedBytes(output));
            live.push_back(plan.ops[i].output);
        }
        std::erase_if(live, [&](ValueId id) {
            const PlanValue &value = plan.values[std::size_t(id)];
            if (last[std::size_t(id)] > i)
                return false;
            free.give(value.offset, paddedBytes(value));
            return true;
        });
    }
    plan.arenaBytes = free.end();
}

} // namespace volary
