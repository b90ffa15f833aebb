#include "kernels/vulkan/backend.h"

#include "core/base/check.h"
#include "core/base/text.h"
#include "kernels/vulkan/launches.h"
#include "kernels/vulkan/memory.h"
#include "kernels/vulkan/pipelines.h"
#include "kernels/vulkan/program.h"
#include "kernels/vulkan/queue.h"

#include <algorithm>
#include <cstring>

namespace volary {

namespace vulkan {

namespace {

const DeviceBuffer &deviceBuffer(const Buffer &buffer)
{
    return static_cast<const DeviceBuffer &>(buffer);
}

bool isHeadOp(OpKind kind)
{
    return kind == OpKind::NormalizeHeads || kind == OpKind::GroupNorm || kind == OpKind::Bonus7;
}

class VulkanBackend final : public Backend {
public:
    VulkanBackend(std::shared_ptr<Gpu> gpu, std::unique_ptr<Queue> queue,
                  std::unique_ptr<Pipelines> pipelines)
        : m_gpu(std::move(gpu)), m_memory(std::make_shared<Memory>(m_gpu)), m_queue(std::move(queue)),
          m_pipelines(std::move(pipelines))
    {}

    const Device &device() const override { return m_gpu->description(); }

    bool supports(OpKind kind, DType weights) const override
    {
        if (kind == OpKind::Embed || kind == OpKind::Linear)
            return weights == DType::F32 || weights == DType::F16 || weights == DType::BF16 ||
                   isQuantised(weights);
        return weights == DType::F32;
    }

    Result<std::shared_ptr<Buffer>> allocate(std::size_t bytes) override
    {
        TRY(auto buffer, m_memory->allocate(bytes));
        TRY_(m_queue->clear(*buffer));
        return std::shared_ptr<Buffer>(std::move(buffer));
    }

    Result<> upload(Buffer &to, std::size_t offset, std::span<const std::byte> from) override
    {
        VOLARY_CHECK(offset <= to.bytes() && from.size() <= to.bytes() - offset,
                     "an upload stays inside its buffer");
        return m_queue->upload(deviceBuffer(to), offset, from);
    }

    Result<> download(std::span<std::byte> to, const Buffer &from, std::size_t offset) override
    {
        VOLARY_CHECK(offset <= from.bytes() && to.size() <= from.bytes() - offset,
                     "a download stays inside its buffer");
        return m_queue->download(to, deviceBuffer(from), offset);
    }

    Result<> copy(Buffer &to, std::size_t toOffset, const Buffer &from, std::size_t fromOffset,
                  std::size_t bytes) override
    {
        VOLARY_CHECK(toOffset <= to.bytes() && bytes <= to.bytes() - toOffset,
                     "a copy stays inside its target");
        VOLARY_CHECK(fromOffset <= from.bytes() && bytes <= from.bytes() - fromOffset,
                     "a copy stays inside its source");
        return m_queue->copy(deviceBuffer(to), toOffset, deviceBuffer(from), fromOffset, bytes);
    }

    Result<std::unique_ptr<Program>> prepare(std::shared_ptr<const Plan> plan) override
    {
        TRY_(checkOps(*plan));
        TRY(auto program, VulkanProgram::create(std::move(plan), *m_memory, m_gpu));
        if (!m_arena || m_arena->bytes() < program->arenaBytes()) {
            m_arena.reset(); // first, so that both are never held at once
            ++m_arenaNumber;
            TRY(m_arena, m_memory->allocate(program->arenaBytes()));
        }
        return std::unique_ptr<Program>(std::move(program));
    }

    Result<> run(Program &program, const Bindings &bindings) override
    {
        const Plan &plan = program.plan();
        VOLARY_CHECK(bindings.tokens.size() == std::size_t(plan.rows) &&
                         bindings.firstRow.size() == std::size_t(plan.sequences) + 1 &&
                         bindings.states.size() == std::size_t(plan.sequences) &&
                         bindings.positions.size() == std::size_t(plan.sequences),
                     "bindings fit the plan");
        return static_cast<VulkanProgram &>(program).run(bindings, *m_arena, m_arenaNumber, *m_queue,
                                                         *m_pipelines);
    }

    Result<> read(const Program &program, ValueId id, std::span<float> to) override
    {
        const PlanValue &value = program.plan().values[std::size_t(id)];
        VOLARY_CHECK(value.kept && to.size() == std::size_t(value.shape.elements()),
                     "only kept values can be read");
        const auto &ran = static_cast<const VulkanProgram &>(program);
        if (id == program.plan().logits && ran.logits()) {
            std::memcpy(to.data(), ran.logits(), to.size_bytes());
            return {};
        }
        return m_queue->download(std::as_writable_bytes(to), *m_arena, ran.offset(id));
    }

private:
    Result<> checkOps(const Plan &plan) const
    {
        for (const PlanOp &op : plan.ops) {
            const bool hasMatrix = op.kind == OpKind::Embed || op.kind == OpKind::Linear;
            const DType type = hasMatrix ? plan.values[std::size_t(op.inputs[0])].type : DType::F32;
            if (!supports(op.kind, type))
                return Error{ErrorCode::Unsupported,
                             format("The op %s with %s weights does not exist on %s.",
                                    std::string(name(op.kind)).c_str(), std::string(name(type)).c_str(),
                                    device().name.c_str()),
                             "Choose another weight type or device."};
            const std::int64_t headSize =
                isHeadOp(op.kind) ? plan.values[std::size_t(op.output)].shape[1] / op.heads : 0;
            if (headSize > kLimits.slice)
                return Error{
                    ErrorCode::Unsupported,
                    format("Heads of %d channels are larger than the %d that Vulkan is prepared for.",
                           int(headSize), kLimits.slice),
                    "Use the cpu backend."};
        }
        return {};
    }

    std::shared_ptr<Gpu> m_gpu;
    std::shared_ptr<Memory> m_memory;
    std::unique_ptr<Queue> m_queue;
    std::unique_ptr<Pipelines> m_pipelines;
    std::shared_ptr<DeviceBuffer> m_arena; // shared by all programs: they never run together
    int m_arenaNumber = 0;                 // of the arenas so far; an address may come back
};

} // namespace

} // namespace vulkan

Result<Device> describeVulkanDevice()
{
    TRY(const auto gpu, vulkan::Gpu::open());
    return gpu->description();
}

Result<std::unique_ptr<Backend>> makeVulkanBackend(const VulkanOptions &options)
{
    TRY(auto gpu, vulkan::Gpu::open(options.adjust));
    TRY(auto queue, vulkan::Queue::create(gpu));
    TRY(auto pipelines, vulkan::Pipelines::create(gpu, options.cacheFolder));
    return std::unique_ptr<Backend>(
        std::make_unique<vulkan::VulkanBackend>(std::move(gpu), std::move(queue), std::move(pipelines)));
}

} // namespace volary
