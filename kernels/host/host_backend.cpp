#include "kernels/host/host_backend.h"

#include "core/base/check.h"
#include "core/base/text.h"
#include "kernels/host/host_memory.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace volary {

namespace {

class HostBuffer final : public Buffer {
public:
    HostBuffer(HostMemory memory, std::size_t bytes) : Buffer(bytes), m_memory(std::move(memory)) {}
    std::byte *host() override { return m_memory.data(); }

private:
    HostMemory m_memory;
};

class HostProgram final : public Program {
public:
    explicit HostProgram(std::shared_ptr<const Plan> plan) : Program(std::move(plan)) {}
};

std::byte *memoryOf(const Buffer &buffer)
{
    return const_cast<Buffer &>(buffer)
        .host(); // a Buffer is a handle: its constness is not that of the bytes
}

} // namespace

// One run of one plan: finds the memory behind each value and calls the op's function.
class HostBackend::Execution {
public:
    // `tileArena`: where rebuilt tiles are computed.
    Execution(const Plan &plan, const Bindings &bindings, std::byte *arena, std::byte *tileArena,
              const OpTable &table, Parallel &parallel)
        : m_plan(plan), m_bindings(bindings), m_arena(arena), m_tileArena(tileArena), m_table(table),
          m_parallel(parallel)
    {
        m_states.fill(std::vector<float *>(std::size_t(plan.sequences)));
    }

    void run(const PlanOp &op)
    {
        switch (op.kind) {
        case OpKind::Embed:
            m_table.embed({matrix(op.inputs[0]), m_bindings.tokens.data(), output(op), m_plan.rows},
                          m_parallel);
            break;
        case OpKind::LayerNorm:
            m_table.layerNorm({in(op, 0), in(op, 1), in(op, 2), output(op), rows(op), width(op), op.epsilon},
                              m_parallel);
            break;
        case OpKind::TokenShift:
            m_table.tokenShift({in(op, 0), output(op), states(op, 0), map(op), width(op)}, m_parallel);
            break;
        case OpKind::Lerp:
            m_table.lerp({in(op, 0), in(op, 1), in(op, 2), output(op), rows(op), width(op), !isWeight(op, 2)},
                         m_parallel);
            break;
        case OpKind::Linear:
            m_table.linear({matrix(op.inputs[0]), in(op, 1), output(op), rows(op)}, m_parallel);
            break;
        case OpKind::Activate:
            m_table.activate({in(op, 0), output(op), count(op), op.activation}, m_parallel);
            break;
        case OpKind::Add: m_table.add(elementwise(op), m_parallel); break;
        case OpKind::Mul: m_table.mul(elementwise(op), m_parallel); break;
        case OpKind::Decay6: m_table.decay6({in(op, 0), output(op), count(op)}, m_parallel); break;
        case OpKind::Decay7: m_table.decay7({in(op, 0), output(op), count(op)}, m_parallel); break;
        case OpKind::NormalizeHeads:
            m_table.normalizeHeads({in(op, 0), output(op), rows(op), op.heads, headSize(op)}, m_parallel);
            break;
        case OpKind::ScaleKey7:
            m_table.scaleKey7({in(op, 0), in(op, 1), in(op, 2), output(op), rows(op), width(op)}, m_parallel);
            break;
        case OpKind::RowMatrix:
            m_table.rowMatrix(
                {in(op, 0), in(op, 1), output(op), rows(op), int(value(op.inputs[0]).shape[1]), width(op)},
                m_parallel);
            break;
        case OpKind::Wkv4:
            m_table.wkv4({in(op, 0), in(op, 1), in(op, 2), in(op, 3), output(op), states(op, 0),
                          states(op, 1), states(op, 2), map(op), width(op)},
                         m_parallel);
            break;
        case OpKind::Wkv5:
            m_table.wkv5({in(op, 0), in(op, 1), in(op, 2), in(op, 3), in(op, 4), output(op), states(op, 0),
                          map(op), op.heads, headSize(op), !isWeight(op, 1)},
                         m_parallel);
            break;
        case OpKind::Wkv7:
            m_table.wkv7({in(op, 0), in(op, 1), in(op, 2), in(op, 3), in(op, 4), in(op, 5), output(op),
                          states(op, 0), map(op), op.heads, headSize(op)},
                         m_parallel);
            break;
        case OpKind::GroupNorm:
            m_table.groupNorm(
                {in(op, 0), in(op, 1), in(op, 2), output(op), rows(op), op.heads, headSize(op), op.epsilon},
                m_parallel);
            break;
        case OpKind::Bonus7:
            m_table.bonus7(
                {in(op, 0), in(op, 1), in(op, 2), in(op, 3), output(op), rows(op), op.heads, headSize(op)},
                m_parallel);
            break;
        case OpKind::RmsNorm:
            m_table.rmsNorm({in(op, 0), output(op), rows(op), width(op), op.epsilon, op.epsilonInRoot},
                            m_parallel);
            break;
        case OpKind::AtMost: m_table.atMost({in(op, 0), output(op), count(op), op.bound}, m_parallel); break;
        case OpKind::RepeatHeads:
            m_table.repeatHeads({in(op, 0), output(op), rows(op),
                                 int(value(op.inputs[0]).shape[1]) / headSize(op), op.heads, headSize(op)},
                                m_parallel);
            break;
        case OpKind::Rope:
            m_table.rope({in(op, 0), output(op), positions(op), op.heads, headSize(op), op.base, op.halves},
                         m_parallel);
            break;
        case OpKind::KeepTokens: keepTokens(op); break;
        case OpKind::KeepRows: keepRows(op); break;
        case OpKind::KeptRows: copyKeptRows(op); break;
        case OpKind::Attention: attend(op); break;
        case OpKind::Window: {
            const std::size_t numbers = std::size_t(count(op));
            const auto all = std::size_t(value(op.inputs[0]).shape.elements());
            std::memcpy(output(op), in(op, 0) + (all - numbers), numbers * sizeof(float));
            break;
        }
        case OpKind::LastRows:
            m_table.lastRows({in(op, 0), output(op), map(op), width(op)}, m_parallel);
            break;
        }
    }

private:
    const PlanValue &value(ValueId id) const { return m_plan.values[std::size_t(id)]; }

    std::byte *memory(ValueId id) const
    {
        const PlanValue &v = value(id);
        VOLARY_CHECK(v.kind != PlanValue::Kind::State, "states are reached through states()");
        return v.kind == PlanValue::Kind::Weight ? m_plan.weights[std::size_t(v.index)].host()
                                                 : m_arena + v.offset;
    }

    const float *in(const PlanOp &op, std::size_t input) const
    {
        VOLARY_CHECK(value(op.inputs[input]).type == DType::F32, "vectors are float32");
        return reinterpret_cast<const float *>(memory(op.inputs[input]));
    }

    MatrixView matrix(ValueId id) const
    {
        const PlanValue &v = value(id);
        return {memory(id), v.type, int(v.shape[0]), int(v.shape[1])};
    }

    // Pointers to this op's state tensor number `slot` of every sequence; valid until the next op.
    float *const *states(const PlanOp &op, std::size_t slot)
    {
        const auto index = std::size_t(value(op.states[slot]).index);
        for (std::size_t b = 0; b < m_states[slot].size(); ++b)
            m_states[slot][b] = reinterpret_cast<float *>(m_bindings.states[b][index].host());
        return m_states[slot].data();
    }

    // Where a plan looks at the last rows only (window), they are the rows of its one sequence.
    int rowsSeen(const PlanOp &op) const
    {
        return op.inputs[0] >= 0 && !isWeight(op, 0) ? int(value(op.inputs[0]).shape[0]) : m_plan.rows;
    }

    RowMap map(const PlanOp &op)
    {
        const int rows = rowsSeen(op);
        if (rows == m_plan.rows)
            return {m_bindings.firstRow.data(), m_plan.sequences, rows};
        VOLARY_CHECK(m_plan.sequences == 1, "only a single sequence has a window");
        m_windowRows = {0, rows};
        return {m_windowRows.data(), 1, rows};
    }

    PositionMap positions(const PlanOp &op)
    {
        const RowMap rowMap = map(op);
        if (rowMap.rows == m_plan.rows)
            return {rowMap, m_bindings.positions.data()};
        m_windowPosition = m_bindings.positions[0] + m_plan.rows - rowMap.rows;
        return {rowMap, &m_windowPosition};
    }

    // Calls move(sequence, its first position, its first row, number of its rows).
    template <typename Move>
    void forSequences(Move move) const
    {
        for (std::size_t b = 0; b < std::size_t(m_plan.sequences); ++b) {
            const auto first = std::size_t(m_bindings.firstRow[b]);
            move(b, std::size_t(m_bindings.positions[b]), first,
                 std::size_t(m_bindings.firstRow[b + 1]) - first);
        }
    }

    std::byte *kept(const PlanOp &op, std::size_t sequence) const
    {
        return m_bindings.states[sequence][std::size_t(value(op.states[0]).index)].host();
    }

    void keepTokens(const PlanOp &op) const
    {
        forSequences([&](std::size_t b, std::size_t position, std::size_t first, std::size_t rows) {
            std::memcpy(kept(op, b) + position * sizeof(std::int32_t), m_bindings.tokens.data() + first,
                        rows * sizeof(std::int32_t));
        });
    }

    std::size_t keptFrom(std::size_t sequence) const
    {
        return m_bindings.keptFrom.empty() ? 0 : std::size_t(m_bindings.keptFrom[sequence]);
    }

    void keepRows(const PlanOp &op) const
    {
        const auto width = std::size_t(value(op.inputs[0]).shape[1]);
        const DType type = value(op.states[0]).type;
        VOLARY_CHECK(rowsSeen(op) == m_plan.rows, "every row of a run is kept");
        forSequences([&](std::size_t b, std::size_t position, std::size_t first, std::size_t rows) {
            const std::size_t from = op.derived ? keptFrom(b) : 0;
            const std::size_t dropped = position < from ? std::min(from - position, rows) : 0;
            if (dropped == rows)
                return;
            std::byte *to = kept(op, b) + (position + dropped - from) * width * bytesPerElement(type);
            m_table.keepRows(
                {in(op, 0) + (first + dropped) * width, to, type, std::int64_t((rows - dropped) * width)});
        });
    }

    // Rows that are not kept are rebuilt, a tile at a time.
    void attend(const PlanOp &op)
    {
        const PositionMap where = positions(op);
        const auto H = std::size_t(op.heads);
        const auto allRows = std::size_t(rows(op));
        m_maxima.assign(allRows * H, -std::numeric_limits<float>::infinity());
        m_sums.assign(allRows * H, 0);
        std::fill_n(output(op), allRows * std::size_t(width(op)), 0.0f);
        for (std::size_t b = 0; b < std::size_t(where.map.sequences); ++b) {
            const auto first = std::size_t(where.map.firstRow[b]);
            AttentionArgs args{.q = in(op, 0) + first * std::size_t(width(op)),
                               .out = output(op) + first * std::size_t(width(op)),
                               .maxima = m_maxima.data() + first * H,
                               .sums = m_sums.data() + first * H,
                               .keys = nullptr,
                               .values = nullptr,
                               .type = value(op.states[0]).type,
                               .from = 0,
                               .until = 0,
                               .first = where.first[b],
                               .rows = int(std::size_t(where.map.firstRow[b + 1]) - first),
                               .heads = op.heads,
                               .keyHeads = op.keyHeads,
                               .headSize = headSize(op)};
            const auto from = op.tile < 0 ? 0 : std::int64_t(keptFrom(b));
            for (; args.until < from; args.from = args.until) {
                args.until = args.from + kAttentionTile;
                rebuildTile(m_plan.tiles[std::size_t(op.tile)], b, args);
                m_table.attention(args, m_parallel);
            }
            args.from = from;
            args.until = args.first + args.rows;
            args.keys = kept(op, b);
            args.values = m_bindings.states[b][std::size_t(value(op.states[1]).index)].host();
            m_table.attention(args, m_parallel);
        }
        for (std::size_t i = 0; i < m_sums.size(); ++i) {
            float *out = output(op) + i * std::size_t(headSize(op));
            std::transform(out, out + headSize(op), out, [&](float x) { return x / m_sums[i]; });
        }
    }

    // Points keys and values of `args` at the tile that begins at args.from.
    void rebuildTile(const RebuiltTile &tile, std::size_t sequence, AttentionArgs &args)
    {
        const Plan &plan = *tile.plan;
        const std::span<const Tensor> states = m_bindings.states[sequence];
        const auto *tokens =
            reinterpret_cast<const std::int32_t *>(states[std::size_t(tile.tokenIds)].host());
        const std::array<std::int32_t, 2> firstRow{0, kAttentionTile};
        const Bindings bindings{.tokens = {tokens + args.from, std::size_t(kAttentionTile)},
                                .firstRow = firstRow,
                                .states = {&states, 1},
                                .positions = {&args.from, 1},
                                .keptFrom = {}};
        Execution execution(plan, bindings, m_tileArena, nullptr, m_table, m_parallel);
        for (const PlanOp &op : plan.ops) {
            if (args.from == 0 && op.kind == OpKind::TokenShift) {
                const Tensor &shift = states[std::size_t(plan.values[std::size_t(op.states[0])].index)];
                std::memset(shift.host(), 0, shift.bytes());
            }
            execution.run(op);
        }
        const auto rounded = [&](ValueId id, std::vector<std::byte> &memory) -> const void * {
            const PlanValue &rows = plan.values[std::size_t(id)];
            const auto *numbers = reinterpret_cast<const float *>(m_tileArena + rows.offset);
            if (args.type == DType::F32)
                return numbers;
            memory.resize(std::size_t(rows.shape.elements()) * bytesPerElement(args.type));
            m_table.keepRows({numbers, memory.data(), args.type, rows.shape.elements()});
            return memory.data();
        };
        args.keys = rounded(tile.keys, m_tileKeys);
        args.values = rounded(tile.values, m_tileValues);
    }

    void copyKeptRows(const PlanOp &op) const
    {
        const auto rowWidth = std::size_t(width(op)), rowBytes = rowWidth * sizeof(float);
        forSequences([&](std::size_t b, std::size_t position, std::size_t first, std::size_t rows) {
            std::memcpy(output(op) + first * rowWidth, kept(op, b) + position * rowBytes, rows * rowBytes);
        });
    }

    ElementwiseArgs elementwise(const PlanOp &op) const
    {
        return {in(op, 0), in(op, 1), output(op), rows(op), width(op), isWeight(op, 1)};
    }

    bool isWeight(const PlanOp &op, std::size_t input) const
    {
        return value(op.inputs[input]).kind == PlanValue::Kind::Weight;
    }
    float *output(const PlanOp &op) const { return reinterpret_cast<float *>(memory(op.output)); }
    int rows(const PlanOp &op) const { return int(value(op.output).shape[0]); }
    int width(const PlanOp &op) const { return int(value(op.output).shape[1]); }
    int headSize(const PlanOp &op) const { return width(op) / op.heads; }
    std::int64_t count(const PlanOp &op) const { return value(op.output).shape.elements(); }

    const Plan &m_plan;
    const Bindings &m_bindings;
    std::byte *m_arena;
    std::byte *m_tileArena;
    const OpTable &m_table;
    Parallel &m_parallel;
    std::array<std::int32_t, 2> m_windowRows{};
    std::int64_t m_windowPosition = 0;
    std::vector<float> m_maxima, m_sums;             // of an attention
    std::vector<std::byte> m_tileKeys, m_tileValues; // rounded
    std::array<std::vector<float *>, PlanOp::kMaxStates> m_states;
};

HostBackend::HostBackend(Device device, const OpTable &table, std::unique_ptr<Parallel> parallel)
    : m_device(std::move(device)), m_table(table), m_parallel(std::move(parallel))
{}

HostBackend::~HostBackend() = default;

bool HostBackend::supports(OpKind kind, DType weights) const
{
    if (kind == OpKind::Embed || kind == OpKind::Linear)
        return weights == DType::F32 || weights == DType::F16 || weights == DType::BF16 ||
               isQuantised(weights);
    return weights == DType::F32;
}

Result<std::shared_ptr<Buffer>> HostBackend::allocate(std::size_t bytes)
{
    HostMemory memory(bytes);
    if (!memory.data())
        return Error{ErrorCode::OutOfMemory,
                     format("%s of memory are needed at once, and the system refuses them.",
                            formatBytes(bytes).c_str()),
                     "Close other programs or open a smaller model."};
    return std::shared_ptr<Buffer>(std::make_shared<HostBuffer>(std::move(memory), bytes));
}

Result<> HostBackend::upload(Buffer &to, std::size_t offset, std::span<const std::byte> from)
{
    VOLARY_CHECK(offset <= to.bytes() && from.size() <= to.bytes() - offset,
                 "an upload stays inside its buffer");
    std::memcpy(to.host() + offset, from.data(), from.size());
    return {};
}

Result<> HostBackend::download(std::span<std::byte> to, const Buffer &from, std::size_t offset)
{
    VOLARY_CHECK(offset <= from.bytes() && to.size() <= from.bytes() - offset,
                 "a download stays inside its buffer");
    std::memcpy(to.data(), memoryOf(from) + offset, to.size());
    return {};
}

Result<> HostBackend::copy(Buffer &to, std::size_t toOffset, const Buffer &from, std::size_t fromOffset,
                           std::size_t bytes)
{
    VOLARY_CHECK(toOffset <= to.bytes() && bytes <= to.bytes() - toOffset, "a copy stays inside its target");
    VOLARY_CHECK(fromOffset <= from.bytes() && bytes <= from.bytes() - fromOffset,
                 "a copy stays inside its source");
    std::memmove(to.host() + toOffset, memoryOf(from) + fromOffset, bytes);
    return {};
}

Result<> HostBackend::check(const Plan &plan) const
{
    for (const PlanOp &op : plan.ops) {
        const bool hasMatrix = op.kind == OpKind::Embed || op.kind == OpKind::Linear;
        const DType type = hasMatrix ? plan.values[std::size_t(op.inputs[0])].type : DType::F32;
        if (!supports(op.kind, type))
            return Error{ErrorCode::Unsupported,
                         format("The op %s with %s weights does not exist on %s.",
                                std::string(name(op.kind)).c_str(), std::string(name(type)).c_str(),
                                m_device.name.c_str()),
                         "Choose another weight type or device."};
    }
    return {};
}

Result<> HostBackend::makeRoom(std::shared_ptr<Buffer> &arena, std::size_t bytes)
{
    if (arena && arena->bytes() >= bytes)
        return {};
    arena.reset(); // first, so that both are never held at once
    TRY(arena, allocate(bytes));
    return {};
}

Result<std::unique_ptr<Program>> HostBackend::prepare(std::shared_ptr<const Plan> plan)
{
    TRY_(check(*plan));
    TRY_(makeRoom(m_arena, plan->arenaBytes));
    for (const RebuiltTile &tile : plan->tiles) {
        TRY_(check(*tile.plan));
        TRY_(makeRoom(m_tileArena, tile.plan->arenaBytes));
    }
    return std::unique_ptr<Program>(std::make_unique<HostProgram>(std::move(plan)));
}

Result<> HostBackend::run(Program &program, const Bindings &bindings)
{
    const Plan &plan = program.plan();
    VOLARY_CHECK(bindings.tokens.size() == std::size_t(plan.rows) &&
                     bindings.firstRow.size() == std::size_t(plan.sequences) + 1 &&
                     bindings.states.size() == std::size_t(plan.sequences) &&
                     bindings.positions.size() == std::size_t(plan.sequences),
                 "bindings fit the plan");
    Execution execution(plan, bindings, m_arena->host(), m_tileArena ? m_tileArena->host() : nullptr, m_table,
                        *m_parallel);
    for (const PlanOp &op : plan.ops)
        execution.run(op);
    return {};
}

Result<> HostBackend::read(const Program &program, ValueId id, std::span<float> to)
{
    const PlanValue &value = program.plan().values[std::size_t(id)];
    VOLARY_CHECK(value.kept && to.size() == std::size_t(value.shape.elements()),
                 "only kept values can be read");
    std::memcpy(to.data(), m_arena->host() + value.offset, to.size_bytes());
    return {};
}

} // namespace volary
