#include "kernels/cuda/program.h"

#include "core/base/check.h"
#include "kernels/cuda/errors.h"
#include "kernels/cuda/ops.h"

#include <algorithm>
#include <cstring>

namespace volary::cuda {

namespace {

// Where in a program's block its parts lie.
struct BlockLayout {
    std::size_t firstRow, tokens, bytes;
};

BlockLayout layoutOf(const Plan &plan, std::size_t stateTensors)
{
    const std::size_t firstRow = stateTensors * std::size_t(plan.sequences) * sizeof(float *);
    const std::size_t tokens = firstRow + (std::size_t(plan.sequences) + 1) * sizeof(std::int32_t);
    return {firstRow, tokens, tokens + std::size_t(plan.rows) * sizeof(std::int32_t)};
}

// Queues the ops of one plan.
class Queue {
public:
    Queue(const Plan &plan, const std::vector<int> &stateIndices, std::byte *block, std::byte *arena,
          cudaStream_t stream)
        : m_plan(plan), m_stateIndices(stateIndices), m_block(block),
          m_layout(layoutOf(plan, stateIndices.size())), m_arena(arena), m_stream(stream)
    {}

    void add(const PlanOp &op) const
    {
        const auto stream = m_stream;
        switch (op.kind) {
        case OpKind::Embed:
            embed({matrix(op.inputs[0]), numbers(m_layout.tokens), output(op), m_plan.rows}, stream);
            break;
        case OpKind::LayerNorm:
            layerNorm({in(op, 0), in(op, 1), in(op, 2), output(op), rows(op), width(op), op.epsilon}, stream);
            break;
        case OpKind::TokenShift:
            tokenShift({in(op, 0), output(op), states(op, 0), map(), width(op)}, stream);
            break;
        case OpKind::Lerp:
            lerp({in(op, 0), in(op, 1), in(op, 2), output(op), rows(op), width(op), !isWeight(op, 2)},
                 stream);
            break;
        case OpKind::Linear: linear({matrix(op.inputs[0]), in(op, 1), output(op), rows(op)}, stream); break;
        case OpKind::Activate: activate({in(op, 0), output(op), count(op), op.activation}, stream); break;
        case OpKind::Add: cuda::add(elementwise(op), stream); break;
        case OpKind::Mul: mul(elementwise(op), stream); break;
        case OpKind::Decay6: decay6({in(op, 0), output(op), count(op)}, stream); break;
        case OpKind::Decay7: decay7({in(op, 0), output(op), count(op)}, stream); break;
        case OpKind::NormalizeHeads:
            normalizeHeads({in(op, 0), output(op), rows(op), op.heads, headSize(op)}, stream);
            break;
        case OpKind::ScaleKey7:
            scaleKey7({in(op, 0), in(op, 1), in(op, 2), output(op), rows(op), width(op)}, stream);
            break;
        case OpKind::Wkv4:
            wkv4({in(op, 0), in(op, 1), in(op, 2), in(op, 3), output(op), states(op, 0), states(op, 1),
                  states(op, 2), map(), width(op)},
                 stream);
            break;
        case OpKind::Wkv5:
            wkv5({in(op, 0), in(op, 1), in(op, 2), in(op, 3), in(op, 4), output(op), states(op, 0), map(),
                  op.heads, headSize(op), !isWeight(op, 1)},
                 stream);
            break;
        case OpKind::Wkv7:
            wkv7({in(op, 0), in(op, 1), in(op, 2), in(op, 3), in(op, 4), in(op, 5), output(op), states(op, 0),
                  map(), op.heads, headSize(op)},
                 stream);
            break;
        case OpKind::GroupNorm:
            groupNorm(
                {in(op, 0), in(op, 1), in(op, 2), output(op), rows(op), op.heads, headSize(op), op.epsilon},
                stream);
            break;
        case OpKind::Bonus7:
            bonus7({in(op, 0), in(op, 1), in(op, 2), in(op, 3), output(op), rows(op), op.heads, headSize(op)},
                   stream);
            break;
        case OpKind::LastRows: lastRows({in(op, 0), output(op), map(), width(op)}, stream); break;
        default: VOLARY_CHECK(false, "prepare() admits no other op");
        }
    }

private:
    const PlanValue &value(ValueId id) const { return m_plan.values[std::size_t(id)]; }
    bool isWeight(const PlanOp &op, std::size_t input) const
    {
        return value(op.inputs[input]).kind == PlanValue::Kind::Weight;
    }

    std::byte *memory(ValueId id) const
    {
        const PlanValue &v = value(id);
        VOLARY_CHECK(v.kind != PlanValue::Kind::State, "states are reached through states()");
        return v.kind == PlanValue::Kind::Weight ? address(m_plan.weights[std::size_t(v.index)])
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
    ElementwiseArgs elementwise(const PlanOp &op) const
    {
        return {in(op, 0), in(op, 1), output(op), rows(op), width(op), isWeight(op, 1)};
    }

    const std::int32_t *numbers(std::size_t offset) const
    {
        return reinterpret_cast<const std::int32_t *>(m_block + offset);
    }
    RowMap map() const { return {numbers(m_layout.firstRow), m_plan.sequences, m_plan.rows}; }
    float *const *states(const PlanOp &op, std::size_t slot) const
    {
        const auto place = std::ranges::find(m_stateIndices, value(op.states[slot]).index);
        const auto before = std::size_t(place - m_stateIndices.begin());
        return reinterpret_cast<float *const *>(m_block) + before * std::size_t(m_plan.sequences);
    }

    float *output(const PlanOp &op) const { return reinterpret_cast<float *>(memory(op.output)); }
    int rows(const PlanOp &op) const { return int(value(op.output).shape[0]); }
    int width(const PlanOp &op) const { return int(value(op.output).shape[1]); }
    int headSize(const PlanOp &op) const { return width(op) / op.heads; }
    std::int64_t count(const PlanOp &op) const { return value(op.output).shape.elements(); }

    const Plan &m_plan;
    const std::vector<int> &m_stateIndices;
    std::byte *m_block;
    BlockLayout m_layout;
    std::byte *m_arena;
    cudaStream_t m_stream;
};

} // namespace

CudaProgram::CudaProgram(std::shared_ptr<const Plan> ofPlan) : Program(std::move(ofPlan))
{
    for (const PlanValue &value : plan().values) {
        if (value.kind == PlanValue::Kind::State &&
            std::ranges::find(m_stateIndices, value.index) == m_stateIndices.end())
            m_stateIndices.push_back(value.index);
    }
}

Result<std::unique_ptr<CudaProgram>> CudaProgram::create(std::shared_ptr<const Plan> plan)
{
    std::unique_ptr<CudaProgram> program(new CudaProgram(std::move(plan)));
    const std::size_t bytes = layoutOf(program->plan(), program->m_stateIndices.size()).bytes;
    program->m_hostBlock.resize(bytes);
    TRY(program->m_block, DeviceBuffer::create(bytes));
    return program;
}

CudaProgram::~CudaProgram()
{
    forgetGraph();
}

void CudaProgram::forgetGraph()
{
    if (m_graph)
        cudaGraphExecDestroy(m_graph);
    m_graph = nullptr;
}

Result<> CudaProgram::uploadBlock(const Bindings &bindings, cudaStream_t stream)
{
    const BlockLayout layout = layoutOf(plan(), m_stateIndices.size());
    std::byte *to = m_hostBlock.data();
    for (const int index : m_stateIndices) {
        for (const std::span<const Tensor> &sequence : bindings.states) {
            const std::byte *state = address(sequence[std::size_t(index)]);
            std::memcpy(to, &state, sizeof(state));
            to += sizeof(state);
        }
    }
    std::memcpy(m_hostBlock.data() + layout.firstRow, bindings.firstRow.data(),
                bindings.firstRow.size_bytes());
    std::memcpy(m_hostBlock.data() + layout.tokens, bindings.tokens.data(), bindings.tokens.size_bytes());
    return check(cudaMemcpyAsync(m_block->device(), m_hostBlock.data(), m_hostBlock.size(),
                                 cudaMemcpyHostToDevice, stream),
                 "passing tokens to it");
}

Result<> CudaProgram::record(std::byte *arena, cudaStream_t stream)
{
    TRY_(check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording a run"));
    const Queue queue(plan(), m_stateIndices, m_block->device(), arena, stream);
    for (const PlanOp &op : plan().ops)
        queue.add(op);
    cudaGraph_t graph = nullptr;
    TRY_(check(cudaStreamEndCapture(stream, &graph), "recording a run"));
    const cudaError_t made = cudaGraphInstantiate(&m_graph, graph, 0);
    cudaGraphDestroy(graph);
    if (made != cudaSuccess)
        m_graph = nullptr;
    return check(made, "preparing a recorded run");
}

Result<> CudaProgram::enqueue(const Bindings &bindings, std::byte *arena, int arenaNumber,
                              cudaStream_t stream)
{
    TRY_(uploadBlock(bindings, stream));
    if (m_arenaNumber != arenaNumber) { // the first run, or the arena has moved: a graph holds its addresses
        forgetGraph();
        m_arenaNumber = arenaNumber;
        const Queue queue(plan(), m_stateIndices, m_block->device(), arena, stream);
        for (const PlanOp &op : plan().ops)
            queue.add(op);
        return check(cudaGetLastError(), "starting its kernels");
    }
    if (!m_graph)
        TRY_(record(arena, stream));
    return check(cudaGraphLaunch(m_graph, stream), "starting a recorded run");
}

} // namespace volary::cuda
