#include "kernels/vulkan/program.h"

#include "kernels/vulkan/launches.h"

#include <algorithm>

namespace volary::vulkan {

namespace {

constexpr std::size_t kMostLogitBytes = std::size_t(1) << 20;

} // namespace

VulkanProgram::VulkanProgram(std::shared_ptr<const Plan> ofPlan)
    : Program(std::move(ofPlan)), m_schedule(gpu::scheduleOf(plan(), kLimits)), m_runBlock(plan())
{}

Result<std::unique_ptr<VulkanProgram>> VulkanProgram::create(std::shared_ptr<const Plan> plan, Memory &memory,
                                                             const std::shared_ptr<Gpu> &gpu)
{
    std::unique_ptr<VulkanProgram> program(new VulkanProgram(std::move(plan)));
    TRY(program->m_hostBlock, Block::create(gpu, Block::Kind::Host, program->m_runBlock.bytes()));
    // Of a few rows: one submission then does for running and reading.
    if (const std::size_t bytes = program->logitBytes(); bytes > 0 && bytes <= kMostLogitBytes) {
        TRY(program->m_logits, Block::create(gpu, Block::Kind::Host, bytes));
    }
    TRY(program->m_block, memory.allocate(program->m_runBlock.bytes()));
    TRY(program->m_arguments,
        memory.allocate(argumentBytes(program->plan(), program->m_schedule, program->m_runBlock)));
    return program;
}

std::size_t VulkanProgram::logitBytes() const
{
    const ValueId id = plan().logits;
    return id < 0 ? 0 : std::size_t(plan().values[std::size_t(id)].shape.elements()) * sizeof(float);
}

Result<> VulkanProgram::record(const DeviceBuffer &arena, Queue &queue, Pipelines &pipelines)
{
    const Gpu &gpu = queue.gpu();
    const Launches launches = launchesOf(
        plan(), m_schedule, m_runBlock,
        {.arena = arena.address(), .block = m_block->address(), .arguments = m_arguments->address()});
    TRY_(queue.upload(*m_arguments, 0, launches.arguments));
    TRY(Commands commands, queue.record());
    const VkBufferCopy range{0, m_block->offset(), m_runBlock.bytes()};
    gpu.f().vkCmdCopyBuffer(commands.get(), m_hostBlock->buffer(), m_block->buffer(), 1, &range);
    queue.barrier(commands);
    for (const Dispatch &dispatch : launches.dispatches) {
        if (&dispatch != &launches.dispatches.front())
            queue.shaderBarrier(commands);
        TRY(const VkPipeline pipeline, pipelines.get(dispatch.shader, dispatch.constants));
        PushedArgs pushed{m_arguments->address() + dispatch.arguments, {}};
        std::ranges::copy(dispatch.firstGroups, pushed.firstGroups);
        gpu.f().vkCmdBindPipeline(commands.get(), VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
        gpu.f().vkCmdPushConstants(commands.get(), pipelines.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0,
                                   sizeof(pushed), &pushed);
        gpu.f().vkCmdDispatch(commands.get(), dispatch.groups[0], dispatch.groups[1], dispatch.groups[2]);
    }
    if (m_logits) {
        queue.barrier(commands);
        const VkBufferCopy logits{arena.offset() + offset(plan().logits), 0, logitBytes()};
        gpu.f().vkCmdCopyBuffer(commands.get(), arena.buffer(), m_logits->buffer(), 1, &logits);
    }
    TRY_(queue.end(commands));
    m_commands = std::move(commands);
    return {};
}

Result<> VulkanProgram::run(const Bindings &bindings, const DeviceBuffer &arena, int arenaNumber,
                            Queue &queue, Pipelines &pipelines)
{
    if (m_arenaNumber != arenaNumber) {
        m_commands.reset();
        TRY_(record(arena, queue, pipelines));
        m_arenaNumber = arenaNumber;
    }
    m_runBlock.fill({m_hostBlock->host(), m_runBlock.bytes()}, bindings, address);
    return queue.submit(m_commands, "running the model");
}

} // namespace volary::vulkan
