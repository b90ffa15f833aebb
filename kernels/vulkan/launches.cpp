#include "kernels/vulkan/launches.h"

#include "core/base/check.h"
#include "kernels/vulkan/memory.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace volary::vulkan {

namespace {

using gpu::isWeight;
using gpu::Launch;
using gpu::ProductChain;
using gpu::rowsSeen;

constexpr std::size_t kAlignment = 256; // of arguments
constexpr int kThreads = 64;            // of the shaders with a thread for each channel
constexpr int kTile = 64;               // of linear_many
constexpr int kMostGroups = 8192;       // of a product: what a large device has room for a few times over

constexpr std::uint32_t kMostSlotNumbers =
    (StepsArgs::kMaxOutsides + StepsArgs::kMaxSteps) * StepsArgs::kMaxSlice;

std::uint32_t groupsFor(std::int64_t count, std::int64_t each)
{
    return std::uint32_t((count + each - 1) / each);
}

// Teams in a workgroup of linear_few: lanesFor() in shaders/products.glsl.
std::uint32_t teamsFor(std::uint32_t inputs)
{
    return inputs >= 4096 ? 1 : 4;
}

// How many turns each pair of a head makes in a position, as fractions of 2^64: shaders/rope.comp.
std::vector<std::uint64_t> ropeFrequencies(int headSize, double base)
{
    std::vector<std::uint64_t> turns;
    for (int j = 0; j < headSize / 2; ++j) {
        const long double angle = powl(static_cast<long double>(base), -2.0L * j / headSize);
        const long double fraction = angle / (2 * 3.14159265358979323846264338327950288L);
        turns.push_back(std::uint64_t(ldexpl(fraction - floorl(fraction), 64)));
    }
    return turns;
}

class Builder {
public:
    Builder(const Plan &plan, const gpu::Schedule &schedule, const gpu::RunBlock &block, const Places &places)
        : m_plan(plan), m_schedule(schedule), m_block(block), m_places(places)
    {}

    Launches build() &&
    {
        for (const Launch &launch : m_schedule.launches) {
            switch (launch.kind) {
            case Launch::Kind::Products: addProducts(launch); break;
            case Launch::Kind::Steps: addSteps(launch); break;
            case Launch::Kind::Single: addSingle(*launch.ops[0]); break;
            }
        }
        return std::move(m_made);
    }

private:
    template <typename Args>
    void add(std::string shader, const Constants &constants, std::uint32_t x, std::uint32_t y,
             const Args &args)
    {
        m_made.dispatches.push_back(
            {std::move(shader), constants, {x, y, 1}, append(std::as_bytes(std::span(&args, 1)))});
    }

    std::size_t append(std::span<const std::byte> bytes)
    {
        const std::size_t at = (m_made.arguments.size() + kAlignment - 1) / kAlignment * kAlignment;
        m_made.arguments.resize(at + bytes.size());
        std::memcpy(m_made.arguments.data() + at, bytes.data(), bytes.size());
        return at;
    }

    void addProducts(const Launch &launch)
    {
        ProductsArgs args{};
        bool wide = true;
        for (const ProductChain &chain : launch.products) {
            const PlanOp &op = *chain.product;
            const PlanValue &weight = value(op.inputs[0]);
            ProductArgs &product = args.products[args.count++];
            product.weight = memory(op.inputs[0]);
            product.x = in(op, 1);
            product.out = memory(chain.output());
            product.outputs = std::uint32_t(weight.shape[0]);
            product.inputs = std::uint32_t(weight.shape[1]);
            for (const ProductChain::Link &link : chain.links)
                product.epilogues[product.epilogueCount++] = epilogue(link);
            wide = wide && product.inputs % 8 == 0 && product.weight % 16 == 0;
        }
        const PlanOp &first = *launch.products[0].product;
        const DType type = value(first.inputs[0]).type;
        args.rows = std::uint32_t(rows(first));
        const bool many = rows(first) >= kManyRows;
        // A single row is bound by how many weights are on their way; more rows by what is done with them.
        const std::uint32_t rowsEach = many ? kTile : args.rows == 1 ? 1 : args.rows <= 4 ? 4 : 8;
        const std::uint32_t ahead = args.rows == 1 ? 8 : 1;
        std::array<std::uint32_t, PushedArgs::kMaxProducts> firstGroups;
        firstGroups.fill(~std::uint32_t(0));
        std::uint32_t groups = 0;
        for (std::uint32_t i = 0; i < args.count; ++i) {
            ProductArgs &product = args.products[i];
            firstGroups[i] = groups;
            if (many) {
                groups += groupsFor(product.outputs, kTile);
                continue;
            }
            const std::uint32_t teams = teamsFor(product.inputs);
            product.each = std::max(1u, groupsFor(product.outputs, std::int64_t(teams) * kMostGroups));
            groups += groupsFor(product.outputs, std::int64_t(teams) * product.each);
        }
        const std::string typeName(name(type));
        if (many)
            add("linear_many_" + typeName, {wide}, groups, groupsFor(args.rows, rowsEach), args);
        else
            add("linear_few_" + typeName, {rowsEach, ahead, wide}, groups, groupsFor(args.rows, rowsEach),
                args);
        m_made.dispatches.back().firstGroups = firstGroups;
    }

    EpilogueArgs epilogue(const ProductChain::Link &link) const
    {
        EpilogueArgs epilogue{};
        epilogue.function = std::uint32_t(*gpu::scalarOf(*link.op));
        epilogue.carried = std::uint32_t(link.carried);
        epilogue.bound = link.op->bound;
        unsigned others = 0;
        for (int k = 0; k < gpu::inputCount(*link.op); ++k) {
            if (k == link.carried)
                continue;
            if (isWeight(m_plan, link.op->inputs[std::size_t(k)]))
                epilogue.broadcast |= 1u << others;
            epilogue.others[others++] = in(*link.op, std::size_t(k));
        }
        return epilogue;
    }

    void addSteps(const Launch &launch)
    {
        StepsArgs args{};
        const PlanOp &first = *launch.ops[0];
        args.rows = std::uint32_t(rows(first));
        args.width = std::uint32_t(width(first));
        args.slice = std::uint32_t(launch.slice);
        std::vector<int> slots(m_plan.values.size(), -1);
        for (const PlanOp *op : launch.ops)
            slots[std::size_t(op->output)] = 0; // computed here; its number follows
        for (const PlanOp *op : launch.ops)
            addOutsides(*op, slots, args);
        for (const PlanOp *op : launch.ops) {
            slots[std::size_t(op->output)] = int(args.outsideCount + args.stepCount);
            args.steps[args.stepCount++] = step(*op, slots);
        }
        std::string shader = "steps";
        std::uint32_t numbers = (args.outsideCount + args.stepCount) * args.slice;
        for (const PlanOp *op : launch.ops) {
            if (op->kind == OpKind::Wkv5 || op->kind == OpKind::Wkv7) {
                shader = op->kind == OpKind::Wkv5 ? "steps_wkv5" : "steps_wkv7";
                numbers += args.slice; // kappa * a
            }
        }
        // Few sizes, so that there are few pipelines.
        const std::uint32_t reserved = std::max(512u, std::bit_ceil(numbers));
        add(shader, {reserved <= kMostSlotNumbers ? reserved : kMostSlotNumbers, args.slice},
            groupsFor(width(first), launch.slice), args.rows, args);
    }

    void addOutsides(const PlanOp &op, std::vector<int> &slots, StepsArgs &args) const
    {
        for (int k = looksAtRows(op) ? 1 : 0; k < gpu::inputCount(op); ++k) {
            const ValueId id = op.inputs[std::size_t(k)];
            if (slots[std::size_t(id)] >= 0)
                continue;
            slots[std::size_t(id)] = int(args.outsideCount);
            args.outsides[args.outsideCount++] = {in(op, std::size_t(k)), isWeight(m_plan, id), 0};
        }
    }

    static bool looksAtRows(const PlanOp &op)
    {
        return op.kind == OpKind::LayerNorm || op.kind == OpKind::RmsNorm;
    }

    StepArgs step(const PlanOp &op, const std::vector<int> &slots) const
    {
        StepArgs step{};
        step.kind = stepKind(op.kind);
        step.function = std::uint32_t(gpu::scalarOf(op).value_or(gpu::Scalar::Add));
        for (int k = looksAtRows(op) ? 1 : 0; k < gpu::inputCount(op); ++k)
            step.slot[k] = std::uint32_t(slots[std::size_t(op.inputs[std::size_t(k)])]);
        step.result = std::uint32_t(slots[std::size_t(op.output)]);
        step.epsilon = op.kind == OpKind::AtMost ? op.bound : op.epsilon;
        step.epsilonInRoot = op.epsilonInRoot;
        if (m_schedule.offsets[std::size_t(op.output)] != gpu::Schedule::kNowhere)
            step.store = memory(op.output);
        if (looksAtRows(op))
            step.x = in(op, 0);
        if (op.states[0] >= 0)
            step.states = states(op, 0);
        return step;
    }

    static StepKind stepKind(OpKind kind)
    {
        switch (kind) {
        case OpKind::LayerNorm: return StepKind::LayerNorm;
        case OpKind::RmsNorm: return StepKind::RmsNorm;
        case OpKind::TokenShift: return StepKind::TokenShift;
        case OpKind::NormalizeHeads: return StepKind::NormalizeHeads;
        case OpKind::GroupNorm: return StepKind::GroupNorm;
        case OpKind::Bonus7: return StepKind::Bonus7;
        case OpKind::Wkv5:
        case OpKind::Wkv7: return StepKind::Recurrence;
        default: return StepKind::Scalar;
        }
    }

    void addSingle(const PlanOp &op)
    {
        const gpu::RunBlock::Sequences of = m_block.sequencesOf(op);
        const Address firstRow = m_places.block + of.firstRow, positions = m_places.block + of.positions;
        const auto sequences = std::uint32_t(of.sequences);
        switch (op.kind) {
        case OpKind::Embed:
            add("embed_" + std::string(name(value(op.inputs[0]).type)), {},
                groupsFor(width(op), std::int64_t(8) * kThreads), rowCount(op),
                EmbedArgs{memory(op.inputs[0]), m_places.block + m_block.tokens(), memory(op.output),
                          std::uint32_t(width(op))});
            break;
        case OpKind::TokenShift:
            add("token_shift", {}, groupsFor(width(op), kThreads), rowCount(op),
                TokenShiftArgs{in(op, 0), memory(op.output), states(op, 0), firstRow, sequences,
                               std::uint32_t(width(op))});
            break;
        case OpKind::Wkv4:
            add("wkv4", {}, groupsFor(width(op), kThreads), sequences,
                Wkv4Args{in(op, 0), in(op, 1), in(op, 2), in(op, 3), memory(op.output), states(op, 0),
                         states(op, 1), states(op, 2), firstRow, std::uint32_t(width(op))});
            break;
        case OpKind::Wkv5:
            add("wkv5", {headSize(op), headSize(op)}, std::uint32_t(op.heads), sequences,
                Wkv5Args{in(op, 0), in(op, 1), in(op, 2), in(op, 3), in(op, 4), memory(op.output),
                         states(op, 0), firstRow, std::uint32_t(op.heads), !isWeight(m_plan, op.inputs[1])});
            break;
        case OpKind::Wkv7:
            add("wkv7", {headSize(op), headSize(op)}, std::uint32_t(op.heads), sequences,
                Wkv7Args{in(op, 0), in(op, 1), in(op, 2), in(op, 3), in(op, 4), in(op, 5), memory(op.output),
                         states(op, 0), firstRow, std::uint32_t(op.heads)});
            break;
        case OpKind::RowMatrix:
            add("row_matrix", {}, groupsFor(width(op), kThreads), rowCount(op),
                RowMatrixArgs{in(op, 0), in(op, 1), memory(op.output),
                              std::uint32_t(value(op.inputs[0]).shape[1]), std::uint32_t(width(op))});
            break;
        case OpKind::RepeatHeads:
            add("repeat_heads", {}, groupsFor(width(op), kThreads), rowCount(op),
                RepeatHeadsArgs{in(op, 0), memory(op.output),
                                std::uint32_t(value(op.inputs[0]).shape[1]) / headSize(op),
                                std::uint32_t(op.heads), headSize(op)});
            break;
        case OpKind::Rope: {
            const std::vector<std::uint64_t> turns = ropeFrequencies(int(headSize(op)), op.base);
            const std::size_t frequencies = append(std::as_bytes(std::span(turns)));
            add("rope", {}, groupsFor(width(op) / 2, kThreads), rowCount(op),
                RopeArgs{in(op, 0), memory(op.output), firstRow, positions, m_places.arguments + frequencies,
                         sequences, std::uint32_t(op.heads), headSize(op), op.halves});
            break;
        }
        case OpKind::KeepTokens: addKeep(m_places.block + m_block.tokens(), 1, m_plan.rows, false, op); break;
        case OpKind::KeepRows:
            addKeep(in(op, 0), value(op.inputs[0]).shape[1], rowsSeen(m_plan, op), false, op);
            break;
        case OpKind::KeptRows: addKeep(memory(op.output), width(op), rows(op), true, op); break;
        case OpKind::Attention:
            add("attention", {groupsFor(headSize(op), 128)}, std::uint32_t(op.heads), rowCount(op),
                AttentionArgs{in(op, 0), memory(op.output), states(op, 0), states(op, 1), firstRow, positions,
                              sequences, std::uint32_t(op.heads), std::uint32_t(op.keyHeads), headSize(op)});
            break;
        case OpKind::Window: {
            const std::int64_t dropped = value(op.inputs[0]).shape[0] - rows(op);
            add("copy", {}, groupsFor(width(op), kThreads), rowCount(op),
                CopyArgs{in(op, 0) + Address(dropped * width(op)) * sizeof(float), memory(op.output),
                         std::uint32_t(width(op))});
            break;
        }
        case OpKind::LastRows:
            add("last_rows", {}, groupsFor(width(op), kThreads), sequences,
                LastRowsArgs{in(op, 0), memory(op.output), firstRow, std::uint32_t(width(op))});
            break;
        default: VOLARY_CHECK(false, "every other op is a product or a step");
        }
    }

    void addKeep(Address numbers, std::int64_t rowWidth, int count, bool back, const PlanOp &op)
    {
        const gpu::RunBlock::Sequences of = m_block.sequencesOf(op);
        const Address keptFrom = op.derived ? m_places.block + m_block.keptFrom() : 0;
        add("keep_rows", {back}, groupsFor(rowWidth, kThreads), std::uint32_t(count),
            KeepRowsArgs{numbers, states(op, 0), m_places.block + of.firstRow, m_places.block + of.positions,
                         keptFrom, std::uint32_t(of.sequences), std::uint32_t(rowWidth)});
    }

    const PlanValue &value(ValueId id) const { return m_plan.values[std::size_t(id)]; }

    Address memory(ValueId id) const
    {
        const PlanValue &v = value(id);
        if (v.kind == PlanValue::Kind::Weight)
            return address(m_plan.weights[std::size_t(v.index)]);
        const std::size_t offset = m_schedule.offsets[std::size_t(id)];
        VOLARY_CHECK(v.kind == PlanValue::Kind::Activation && offset != gpu::Schedule::kNowhere,
                     "only what passes from launch to launch lies in the arena");
        return m_places.arena + offset;
    }
    Address in(const PlanOp &op, std::size_t input) const
    {
        VOLARY_CHECK(value(op.inputs[input]).type == DType::F32, "vectors are float32");
        return memory(op.inputs[input]);
    }
    Address states(const PlanOp &op, std::size_t slot) const
    {
        return m_places.block + m_block.statesOf(op, slot);
    }
    int rows(const PlanOp &op) const { return int(value(op.output).shape[0]); }
    std::uint32_t rowCount(const PlanOp &op) const { return std::uint32_t(rows(op)); }
    int width(const PlanOp &op) const { return int(value(op.output).shape[1]); }
    std::uint32_t headSize(const PlanOp &op) const { return std::uint32_t(width(op) / op.heads); }

    const Plan &m_plan;
    const gpu::Schedule &m_schedule;
    const gpu::RunBlock &m_block;
    const Places &m_places;
    Launches m_made;
};

} // namespace

Launches launchesOf(const Plan &plan, const gpu::Schedule &schedule, const gpu::RunBlock &block,
                    const Places &places)
{
    return Builder(plan, schedule, block, places).build();
}

std::size_t argumentBytes(const Plan &plan, const gpu::Schedule &schedule, const gpu::RunBlock &block)
{
    return launchesOf(plan, schedule, block, {}).arguments.size();
}

} // namespace volary::vulkan
