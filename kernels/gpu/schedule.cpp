#include "kernels/gpu/schedule.h"

#include "core/base/check.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace volary::gpu {

namespace {

constexpr std::size_t kAlignment = 256;

bool isHeadOp(OpKind kind)
{
    switch (kind) {
    case OpKind::NormalizeHeads:
    case OpKind::GroupNorm:
    case OpKind::Bonus7:
    case OpKind::Wkv5:
    case OpKind::Wkv7: return true;
    default: return false;
    }
}

bool isRecurrence(OpKind kind)
{
    return kind == OpKind::Wkv5 || kind == OpKind::Wkv7;
}

class Scheduler {
public:
    Scheduler(const Plan &plan, const LaunchLimits &limits)
        : m_plan(plan), m_limits(limits), m_uses(plan.values.size(), 0), m_consumer(plan.values.size(), -1),
          m_available(plan.values.size(), false), m_done(plan.ops.size(), false), m_before(plan.ops.size())
    {
        std::map<int, int> lastOfState;
        for (int i = 0; i < int(plan.ops.size()); ++i) {
            const PlanOp &op = plan.ops[std::size_t(i)];
            for (int k = 0; k < inputCount(op); ++k) {
                ++m_uses[at(op.inputs, k)];
                m_consumer[at(op.inputs, k)] = i;
            }
            for (const ValueId slot : op.states) {
                if (slot < 0)
                    continue;
                const auto [last, isFirst] = lastOfState.try_emplace(value(slot).index, i);
                if (!isFirst)
                    m_before[std::size_t(i)].push_back(std::exchange(last->second, i));
            }
        }
        for (std::size_t v = 0; v < plan.values.size(); ++v)
            m_available[v] = plan.values[v].kind == PlanValue::Kind::Weight;
    }

    std::vector<Launch> run()
    {
        std::vector<Launch> launches;
        for (std::size_t left = m_plan.ops.size(); left > 0;) {
            Launch launch = next();
            left -= finish(launch);
            launches.push_back(std::move(launch));
        }
        return launches;
    }

private:
    template <typename List>
    static std::size_t at(const List &list, int index)
    {
        return std::size_t(list[std::size_t(index)]);
    }
    const PlanValue &value(ValueId id) const { return m_plan.values[std::size_t(id)]; }
    const PlanOp &op(int index) const { return m_plan.ops[std::size_t(index)]; }
    int rows(const PlanOp &op) const { return int(value(op.output).shape[0]); }
    int width(const PlanOp &op) const { return int(value(op.output).shape[1]); }
    bool isWeight(ValueId id) const { return value(id).kind == PlanValue::Kind::Weight; }
    bool oneRowEach(const PlanOp &op) const
    {
        return m_plan.rows == m_plan.sequences && rows(op) == m_plan.rows;
    }

    // All that touched the op's states before has had its launch.
    bool statesReady(int index) const
    {
        return std::ranges::all_of(m_before[std::size_t(index)],
                                   [&](int before) { return m_done[std::size_t(before)]; });
    }

    bool ready(int index) const
    {
        if (m_done[std::size_t(index)] || !statesReady(index))
            return false;
        for (int k = 0; k < inputCount(op(index)); ++k) {
            if (!m_available[at(op(index).inputs, k)])
                return false;
        }
        return true;
    }

    bool canBeStep(const PlanOp &op) const
    {
        switch (op.kind) {
        case OpKind::LayerNorm:
        case OpKind::RmsNorm: return true;
        case OpKind::TokenShift: return oneRowEach(op);
        default: break;
        }
        if (!isHeadOp(op.kind))
            return scalarOf(op).has_value();
        const int headSize = width(op) / op.heads;
        if (isRecurrence(op.kind))
            return m_limits.recurrences && oneRowEach(op) && (headSize == 32 || headSize == 64);
        return headSize <= m_limits.slice;
    }

    // Products as soon as they can be; steps only when nothing else is left, so that many gather.
    Launch next() const
    {
        int single = -1, step = -1;
        for (int i = 0; i < int(m_plan.ops.size()); ++i) {
            if (!ready(i))
                continue;
            if (op(i).kind == OpKind::Linear)
                return products(i);
            int &kind = canBeStep(op(i)) ? step : single;
            if (kind < 0)
                kind = i;
        }
        if (single >= 0)
            return {.kind = Launch::Kind::Single, .products = {}, .ops = {&op(single)}};
        VOLARY_CHECK(step >= 0, "a plan's ops stand in an order in which they can run");
        return steps(step);
    }

    Launch products(int first) const
    {
        Launch launch{.kind = Launch::Kind::Products, .products = {}, .ops = {}};
        const auto type = [&](int i) { return value(op(i).inputs[0]).type; };
        for (int i = first; i < int(m_plan.ops.size()) && launch.products.size() < m_limits.products; ++i) {
            if (op(i).kind == OpKind::Linear && ready(i) && type(i) == type(first) &&
                rows(op(i)) == rows(op(first)))
                launch.products.push_back(chain(op(i)));
        }
        return launch;
    }

    ProductChain chain(const PlanOp &product) const
    {
        ProductChain chain{.product = &product, .links = {}};
        while (chain.links.size() < m_limits.epilogues) {
            const ValueId carried = chain.output();
            if (m_uses[std::size_t(carried)] != 1 || value(carried).kept)
                break;
            const PlanOp &consumer = op(m_consumer[std::size_t(carried)]);
            if (!scalarOf(consumer))
                break;
            int place = -1;
            bool othersAvailable = true;
            for (int k = 0; k < inputCount(consumer); ++k) {
                if (consumer.inputs[std::size_t(k)] == carried)
                    place = k;
                else
                    othersAvailable = othersAvailable && m_available[at(consumer.inputs, k)];
            }
            if (!othersAvailable)
                break;
            chain.links.push_back({&consumer, place});
        }
        return chain;
    }

    // Everything from `first` on that can run with it, given what it computes.
    Launch steps(int first) const
    {
        Launch launch{.kind = Launch::Kind::Steps, .products = {}, .ops = {}};
        std::vector<bool> inside(m_plan.values.size(), false);
        std::vector<ValueId> outsides;
        bool recurs = false;
        for (int i = first; i < int(m_plan.ops.size()) && launch.ops.size() < m_limits.steps; ++i) {
            const PlanOp &candidate = op(i);
            if (m_done[std::size_t(i)] || !canBeStep(candidate) || !statesReady(i) ||
                rows(candidate) != rows(op(first)) || width(candidate) != width(op(first)) ||
                (recurs && isRecurrence(candidate.kind)))
                continue;
            const int slice = isHeadOp(candidate.kind) ? width(candidate) / candidate.heads : launch.slice;
            if (launch.slice != 0 && slice != launch.slice)
                continue;
            std::vector<ValueId> added;
            bool fits = true;
            const bool looksAtRows = candidate.kind == OpKind::LayerNorm || candidate.kind == OpKind::RmsNorm;
            for (int k = 0; k < inputCount(candidate); ++k) {
                const ValueId input = candidate.inputs[std::size_t(k)];
                if (looksAtRows && k == 0)
                    fits = fits && m_available[std::size_t(input)]; // whole rows are in device memory only
                else if (!inside[std::size_t(input)] && std::ranges::find(outsides, input) == outsides.end())
                    added.push_back(input);
            }
            fits = fits && outsides.size() + added.size() <= m_limits.outsides &&
                   std::ranges::all_of(added, [&](ValueId id) { return m_available[std::size_t(id)]; });
            if (!fits)
                continue;
            outsides.insert(outsides.end(), added.begin(), added.end());
            inside[std::size_t(candidate.output)] = true;
            launch.slice = slice;
            recurs = recurs || isRecurrence(candidate.kind);
            launch.ops.push_back(&candidate);
        }
        if (launch.slice == 0)
            launch.slice = m_limits.slice;
        return launch;
    }

    // Returns how many ops are done by it.
    std::size_t finish(const Launch &launch)
    {
        std::size_t count = 0;
        const auto done = [&](const PlanOp &op) {
            m_done[std::size_t(&op - m_plan.ops.data())] = true;
            ++count;
            if (op.output >= 0)
                m_available[std::size_t(op.output)] = true;
        };
        for (const ProductChain &chain : launch.products) {
            done(*chain.product);
            for (const ProductChain::Link &link : chain.links)
                done(*link.op);
        }
        for (const PlanOp *op : launch.ops)
            done(*op);
        return count;
    }

    const Plan &m_plan;
    const LaunchLimits &m_limits;
    std::vector<int> m_uses;     // of every value, as inputs
    std::vector<int> m_consumer; // of every value, the last op that reads it
    std::vector<bool> m_available;
    std::vector<bool> m_done;
    std::vector<std::vector<int>> m_before; // of every op, for each of its states the last op that touched it
};

// Memory for values of few different sizes, each given back to values of its size.
class Arena {
public:
    std::size_t take(std::size_t bytes)
    {
        auto &free = m_free[bytes];
        if (free.empty())
            return std::exchange(m_end, m_end + bytes);
        const std::size_t offset = free.back();
        free.pop_back();
        return offset;
    }
    void give(std::size_t offset, std::size_t bytes) { m_free[bytes].push_back(offset); }
    std::size_t end() const { return m_end; }

private:
    std::map<std::size_t, std::vector<std::size_t>> m_free;
    std::size_t m_end = 0;
};

// A value lies in memory from the launch that writes it to the last one that reads it; one that is read only
// in its own launch lies nowhere. What one launch reads and writes never overlaps.
class Layout {
public:
    Layout(const Plan &plan, Schedule &schedule)
        : m_plan(plan), m_schedule(schedule), m_written(plan.values.size(), -1),
          m_read(plan.values.size(), -1)
    {
        for (int l = 0; l < int(schedule.launches.size()); ++l)
            forOps(schedule.launches[std::size_t(l)], [&](const PlanOp &op) {
                if (op.output >= 0)
                    m_written[std::size_t(op.output)] = l;
                for (int k = 0; k < inputCount(op); ++k)
                    m_read[std::size_t(op.inputs[std::size_t(k)])] = l;
            });
    }

    void run()
    {
        m_schedule.offsets.assign(m_plan.values.size(), Schedule::kNowhere);
        std::vector<ValueId> live;
        for (int l = 0; l < int(m_schedule.launches.size()); ++l) {
            forOps(m_schedule.launches[std::size_t(l)], [&](const PlanOp &op) {
                if (op.output < 0 || !isPassedOn(op.output))
                    return;
                offset(op.output) = m_arena.take(bytes(op.output));
                live.push_back(op.output);
            });
            std::erase_if(live, [&](ValueId id) {
                if (value(id).kept || m_read[std::size_t(id)] > l)
                    return false;
                m_arena.give(offset(id), bytes(id));
                return true;
            });
        }
        m_schedule.arenaBytes = m_arena.end();
    }

private:
    template <typename Use>
    static void forOps(const Launch &launch, const Use &use)
    {
        for (const ProductChain &chain : launch.products) {
            use(*chain.product);
            for (const ProductChain::Link &link : chain.links)
                use(*link.op);
        }
        for (const PlanOp *op : launch.ops)
            use(*op);
    }

    const PlanValue &value(ValueId id) const { return m_plan.values[std::size_t(id)]; }
    std::size_t &offset(ValueId id) { return m_schedule.offsets[std::size_t(id)]; }
    std::size_t bytes(ValueId id) const
    {
        const std::size_t unpadded = bytesOf(value(id).type, value(id).shape.elements());
        return (unpadded + kAlignment - 1) / kAlignment * kAlignment;
    }

    // Something that nobody reads is still written by the launches of a single op.
    bool isPassedOn(ValueId id) const
    {
        const int written = m_written[std::size_t(id)];
        return value(id).kept || m_read[std::size_t(id)] > written || m_read[std::size_t(id)] < 0;
    }

    const Plan &m_plan;
    Schedule &m_schedule;
    std::vector<int> m_written, m_read; // of every value, the last launch that does so, -1 where none does
    Arena m_arena;
};

} // namespace

std::optional<Scalar> scalarOf(const PlanOp &op)
{
    switch (op.kind) {
    case OpKind::Add: return Scalar::Add;
    case OpKind::Mul: return Scalar::Mul;
    case OpKind::Lerp: return Scalar::Lerp;
    case OpKind::ScaleKey7: return Scalar::ScaleKey7;
    case OpKind::Decay6: return Scalar::Decay6;
    case OpKind::Decay7: return Scalar::Decay7;
    case OpKind::AtMost: return Scalar::AtMost;
    case OpKind::Activate:
        switch (op.activation) {
        case Activation::Tanh: return Scalar::Tanh;
        case Activation::Sigmoid: return Scalar::Sigmoid;
        case Activation::SquaredRelu: return Scalar::SquaredRelu;
        case Activation::Silu: return Scalar::Silu;
        case Activation::OneMinusDecay6: return Scalar::OneMinusDecay6;
        }
        return {};
    default: return {};
    }
}

int inputCount(const PlanOp &op)
{
    return int(std::ranges::find(op.inputs, -1) - op.inputs.begin());
}

Schedule scheduleOf(const Plan &plan, const LaunchLimits &limits)
{
    Schedule schedule{.launches = Scheduler(plan, limits).run(), .offsets = {}};
    Layout(plan, schedule).run();
    return schedule;
}

} // namespace volary::gpu
