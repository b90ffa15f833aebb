#include "kernels/cuda/program.h"

#include "core/base/check.h"
#include "kernels/cuda/errors.h"
#include "kernels/cuda/fused.h"
#include "kernels/cuda/linear_many.h"
#include "kernels/cuda/ops.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

namespace volary::cuda {

using gpu::inputCount;
using gpu::isWeight;
using gpu::Launch;
using gpu::ProductChain;
using gpu::RunBlock;
using gpu::scalarOf;
using gpu::Schedule;

namespace {

constexpr gpu::LaunchLimits kLimits{.products = ProductsArgs::kMaxProducts,
                                    .epilogues = Product::kMaxEpilogues,
                                    .steps = StepsArgs::kMaxSteps,
                                    .outsides = StepsArgs::kMaxOutsides,
                                    .slice = StepsArgs::kMaxSlice,
                                    .recurrences = true};

// Queues the launches of one plan.
class Queue {
public:
    Queue(const Plan &plan, const Schedule &schedule, const RunBlock &layout, std::byte *block,
          std::byte *arena, std::byte *scratch, cudaStream_t stream)
        : m_plan(plan), m_schedule(schedule), m_layout(layout), m_block(block), m_arena(arena),
          m_scratch(scratch), m_stream(stream)
    {}

    void addAll() const
    {
        for (const Launch &launch : m_schedule.launches) {
            switch (launch.kind) {
            case Launch::Kind::Products: addProducts(launch); break;
            case Launch::Kind::Steps: addSteps(launch); break;
            case Launch::Kind::Single: addSingle(*launch.ops[0]); break;
            }
        }
    }

private:
    void addProducts(const Launch &launch) const
    {
        ProductsArgs args{};
        for (const ProductChain &chain : launch.products) {
            const PlanOp &op = *chain.product;
            const Shape &shape = value(op.inputs[0]).shape;
            Product &product = args.products[args.count++];
            product.weight = memory(op.inputs[0]);
            product.x = in(op, 1);
            product.out = number(chain.output());
            product.outputs = int(shape[0]);
            product.inputs = int(shape[1]);
            for (const ProductChain::Link &link : chain.links)
                product.epilogues[product.epilogueCount++] = epilogue(link);
        }
        const PlanOp &first = *launch.products[0].product;
        args.rows = rows(first);
        args.scratch = m_scratch;
        multiply(args, value(first.inputs[0]).type, m_stream);
    }

    Epilogue epilogue(const ProductChain::Link &link) const
    {
        Epilogue epilogue{};
        epilogue.function = *scalarOf(*link.op);
        epilogue.carried = std::uint8_t(link.carried);
        epilogue.bound = link.op->bound;
        int others = 0;
        for (int k = 0; k < inputCount(*link.op); ++k) {
            if (k == link.carried)
                continue;
            epilogue.broadcast[others] = isWeight(m_plan, link.op->inputs[std::size_t(k)]);
            epilogue.others[others++] = in(*link.op, std::size_t(k));
        }
        return epilogue;
    }

    void addSteps(const Launch &launch) const
    {
        StepsArgs args{};
        const PlanOp &first = *launch.ops[0];
        args.rows = rows(first);
        args.width = width(first);
        args.slice = launch.slice;
        std::vector<int> slots(m_plan.values.size(), -1);
        for (const PlanOp *op : launch.ops)
            slots[std::size_t(op->output)] = 0; // computed here; its number follows
        for (const bool weights : {true, false}) {
            for (const PlanOp *op : launch.ops)
                addOutsides(*op, weights, slots, args);
            if (weights)
                args.weightCount = args.outsideCount;
        }
        for (const PlanOp *op : launch.ops) {
            slots[std::size_t(op->output)] = args.outsideCount + args.stepCount;
            args.steps[args.stepCount++] = step(*op, slots);
        }
        runSteps(args, m_stream);
    }

    // Gives a slot to every input of a step that is a weight, or that is none, and has no slot yet.
    void addOutsides(const PlanOp &op, bool weights, std::vector<int> &slots, StepsArgs &args) const
    {
        for (int k = looksAtRows(op) ? 1 : 0; k < inputCount(op); ++k) {
            const ValueId id = op.inputs[std::size_t(k)];
            if (slots[std::size_t(id)] >= 0 || isWeight(m_plan, id) != weights)
                continue;
            slots[std::size_t(id)] = args.outsideCount;
            args.outsides[args.outsideCount++] = {in(op, std::size_t(k)), weights};
        }
    }

    static bool looksAtRows(const PlanOp &op)
    {
        return op.kind == OpKind::LayerNorm || op.kind == OpKind::RmsNorm;
    }

    Step step(const PlanOp &op, const std::vector<int> &slots) const
    {
        Step step{};
        step.kind = stepKind(op.kind);
        step.function = scalarOf(op).value_or(Scalar::Add);
        for (int k = looksAtRows(op) ? 1 : 0; k < inputCount(op); ++k)
            step.in[k] = std::uint8_t(slots[std::size_t(op.inputs[std::size_t(k)])]);
        step.out = std::uint8_t(slots[std::size_t(op.output)]);
        step.epsilon = op.kind == OpKind::AtMost ? op.bound : op.epsilon;
        step.epsilonInRoot = op.epsilonInRoot;
        if (m_schedule.offsets[std::size_t(op.output)] != Schedule::kNowhere)
            step.store = number(op.output);
        if (looksAtRows(op))
            step.x = in(op, 0);
        if (op.states[0] >= 0)
            step.states = states(op, 0);
        return step;
    }

    static Step::Kind stepKind(OpKind kind)
    {
        switch (kind) {
        case OpKind::LayerNorm: return Step::Kind::LayerNorm;
        case OpKind::RmsNorm: return Step::Kind::RmsNorm;
        case OpKind::TokenShift: return Step::Kind::TokenShift;
        case OpKind::NormalizeHeads: return Step::Kind::NormalizeHeads;
        case OpKind::GroupNorm: return Step::Kind::GroupNorm;
        case OpKind::Bonus7: return Step::Kind::Bonus7;
        case OpKind::Wkv5: return Step::Kind::Wkv5;
        case OpKind::Wkv7: return Step::Kind::Wkv7;
        default: return Step::Kind::Scalar;
        }
    }

    void addSingle(const PlanOp &op) const
    {
        const auto stream = m_stream;
        switch (op.kind) {
        case OpKind::Embed:
            embed({matrix(op.inputs[0]), numbers(m_layout.tokens()), output(op), m_plan.rows}, stream);
            break;
        case OpKind::TokenShift:
            tokenShift({in(op, 0), output(op), states(op, 0), map(op), width(op)}, stream);
            break;
        case OpKind::NormalizeHeads:
            normalizeHeads({in(op, 0), output(op), rows(op), op.heads, headSize(op)}, stream);
            break;
        case OpKind::Wkv4:
            wkv4({in(op, 0), in(op, 1), in(op, 2), in(op, 3), output(op), states(op, 0), states(op, 1),
                  states(op, 2), map(op), width(op)},
                 stream);
            break;
        case OpKind::Wkv5:
            wkv5({in(op, 0), in(op, 1), in(op, 2), in(op, 3), in(op, 4), output(op), states(op, 0), map(op),
                  op.heads, headSize(op), !isWeight(m_plan, op.inputs[1])},
                 stream);
            break;
        case OpKind::Wkv7:
            wkv7({in(op, 0), in(op, 1), in(op, 2), in(op, 3), in(op, 4), in(op, 5), output(op), states(op, 0),
                  map(op), op.heads, headSize(op)},
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
        case OpKind::RepeatHeads:
            repeatHeads({in(op, 0), output(op), rows(op), int(value(op.inputs[0]).shape[1]) / headSize(op),
                         op.heads, headSize(op)},
                        stream);
            break;
        case OpKind::Rope:
            rope({in(op, 0), output(op), positions(op), op.heads, headSize(op), op.base, op.halves}, stream);
            break;
        case OpKind::KeepTokens:
            keepRows({reinterpret_cast<const float *>(numbers(m_layout.tokens())), states(op, 0),
                      positions(op), 1},
                     stream);
            break;
        case OpKind::KeepRows:
            keepRows({in(op, 0), states(op, 0), positions(op), int(value(op.inputs[0]).shape[1])}, stream);
            break;
        case OpKind::KeptRows: keptRows({states(op, 0), output(op), positions(op), width(op)}, stream); break;
        case OpKind::Attention:
            attention({in(op, 0), output(op), states(op, 0), states(op, 1), positions(op), op.heads,
                       op.keyHeads, headSize(op)},
                      stream);
            break;
        case OpKind::Window: {
            const std::int64_t all = value(op.inputs[0]).shape.elements(),
                               count = value(op.output).shape.elements();
            window({in(op, 0) + (all - count), output(op), count}, stream);
            break;
        }
        case OpKind::LastRows: lastRows({in(op, 0), output(op), map(op), width(op)}, stream); break;
        default: VOLARY_CHECK(false, "every other op is a product or a step");
        }
    }

    const PlanValue &value(ValueId id) const { return m_plan.values[std::size_t(id)]; }

    std::byte *memory(ValueId id) const
    {
        const PlanValue &v = value(id);
        if (v.kind == PlanValue::Kind::Weight)
            return address(m_plan.weights[std::size_t(v.index)]);
        const std::size_t offset = m_schedule.offsets[std::size_t(id)];
        VOLARY_CHECK(v.kind == PlanValue::Kind::Activation && offset != Schedule::kNowhere,
                     "only what passes from launch to launch lies in the arena");
        return m_arena + offset;
    }
    float *number(ValueId id) const { return reinterpret_cast<float *>(memory(id)); }
    const float *in(const PlanOp &op, std::size_t input) const
    {
        VOLARY_CHECK(value(op.inputs[input]).type == DType::F32, "vectors are float32");
        return number(op.inputs[input]);
    }
    MatrixView matrix(ValueId id) const
    {
        const PlanValue &v = value(id);
        return {memory(id), v.type, int(v.shape[0]), int(v.shape[1])};
    }

    const std::int32_t *numbers(std::size_t offset) const
    {
        return reinterpret_cast<const std::int32_t *>(m_block + offset);
    }
    PositionMap positions(const PlanOp &op) const
    {
        const RunBlock::Sequences found = m_layout.sequencesOf(op);
        return {{numbers(found.firstRow), found.sequences, found.rows},
                reinterpret_cast<const std::int64_t *>(m_block + found.positions)};
    }
    RowMap map(const PlanOp &op) const { return positions(op).map; }
    float *const *states(const PlanOp &op, std::size_t slot) const
    {
        return reinterpret_cast<float *const *>(m_block + m_layout.statesOf(op, slot));
    }

    float *output(const PlanOp &op) const { return number(op.output); }
    int rows(const PlanOp &op) const { return int(value(op.output).shape[0]); }
    int width(const PlanOp &op) const { return int(value(op.output).shape[1]); }
    int headSize(const PlanOp &op) const { return width(op) / op.heads; }

    const Plan &m_plan;
    const Schedule &m_schedule;
    const RunBlock &m_layout;
    std::byte *m_block;
    std::byte *m_arena;
    std::byte *m_scratch; // of products of many rows, or null
    cudaStream_t m_stream;
};

// What the launch of products with the most activations takes to split them.
std::size_t scratchBytes(const Plan &plan, const Schedule &schedule)
{
    std::size_t most = 0;
    for (const Launch &launch : schedule.launches) {
        std::size_t bytes = 0;
        for (const ProductChain &chain : launch.products) {
            const PlanValue &weight = plan.values[std::size_t(chain.product->inputs[0])];
            const PlanValue &x = plan.values[std::size_t(chain.product->inputs[1])];
            if (weight.type != DType::F32)
                bytes += splitBytes(int(x.shape[0]), int(x.shape[1]));
        }
        most = std::max(most, bytes);
    }
    return most;
}

} // namespace

CudaProgram::CudaProgram(std::shared_ptr<const Plan> ofPlan)
    : Program(std::move(ofPlan)), m_schedule(gpu::scheduleOf(plan(), kLimits)), m_runBlock(plan()),
      m_scratchBytes(scratchBytes(plan(), m_schedule))
{}

void CudaProgram::queueAll(std::byte *arena, cudaStream_t stream) const
{
    std::byte *scratch = m_scratchBytes > 0 ? arena + (arenaBytes() - m_scratchBytes) : nullptr;
    Queue(plan(), m_schedule, m_runBlock, m_block->device(), arena, scratch, stream).addAll();
}

Result<std::unique_ptr<CudaProgram>> CudaProgram::create(std::shared_ptr<const Plan> plan)
{
    std::unique_ptr<CudaProgram> program(new CudaProgram(std::move(plan)));
    program->m_hostBlock.resize(program->m_runBlock.bytes());
    TRY(program->m_block, DeviceBuffer::create(program->m_runBlock.bytes()));
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
    m_runBlock.fill(m_hostBlock, bindings,
                    [](const Tensor &tensor) { return reinterpret_cast<std::uint64_t>(address(tensor)); });
    return check(cudaMemcpyAsync(m_block->device(), m_hostBlock.data(), m_hostBlock.size(),
                                 cudaMemcpyHostToDevice, stream),
                 "passing tokens to it");
}

Result<> CudaProgram::record(std::byte *arena, cudaStream_t stream)
{
    TRY_(check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording a run"));
    queueAll(arena, stream);
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
        queueAll(arena, stream);
        return check(cudaGetLastError(), "starting its kernels");
    }
    if (!m_graph)
        TRY_(record(arena, stream));
    return check(cudaGraphLaunch(m_graph, stream), "starting a recorded run");
}

} // namespace volary::cuda
