#include "kernels/vulkan/queue.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace volary::vulkan {

namespace {

constexpr std::size_t kStagingBytes = std::size_t(8) << 20;

} // namespace

Commands &Commands::operator=(Commands &&other) noexcept
{
    std::swap(m_queue, other.m_queue);
    std::swap(m_buffer, other.m_buffer);
    return *this;
}

void Commands::reset()
{
    if (m_buffer)
        m_queue->gpu().f().vkFreeCommandBuffers(m_queue->gpu().device(), m_queue->m_pool, 1, &m_buffer);
    m_buffer = VK_NULL_HANDLE;
}

Result<std::unique_ptr<Queue>> Queue::create(const std::shared_ptr<Gpu> &gpu)
{
    std::unique_ptr<Queue> queue(new Queue(gpu));
    VkCommandPoolCreateInfo pool{};
    pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool.queueFamilyIndex = gpu->queueFamily();
    TRY_(check(gpu->f().vkCreateCommandPool(gpu->device(), &pool, nullptr, &queue->m_pool), "opening it"));
    VkFenceCreateInfo fence{};
    fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
    TRY_(check(gpu->f().vkCreateFence(gpu->device(), &fence, nullptr, &queue->m_fence), "opening it"));
    TRY(queue->m_staging, Block::create(gpu, Block::Kind::Host, kStagingBytes));
    return queue;
}

Queue::~Queue()
{
    const Functions &f = m_gpu->f();
    f.vkDeviceWaitIdle(m_gpu->device());
    f.vkDestroyFence(m_gpu->device(), m_fence, nullptr);
    f.vkDestroyCommandPool(m_gpu->device(), m_pool, nullptr);
}

Result<Commands> Queue::record()
{
    VkCommandBufferAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    info.commandPool = m_pool;
    info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    info.commandBufferCount = 1;
    Commands commands;
    commands.m_queue = this;
    TRY_(check(m_gpu->f().vkAllocateCommandBuffers(m_gpu->device(), &info, &commands.m_buffer),
               "recording work"));
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    TRY_(check(m_gpu->f().vkBeginCommandBuffer(commands.get(), &begin), "recording work"));
    return commands;
}

Result<> Queue::end(const Commands &commands)
{
    barrier(commands); // what comes with the next submission sees all of it
    return check(m_gpu->f().vkEndCommandBuffer(commands.get()), "recording work");
}

Result<> Queue::submit(const Commands &commands, const char *task)
{
    const VkCommandBuffer buffer = commands.get();
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.commandBufferCount = 1;
    info.pCommandBuffers = &buffer;
    TRY_(check(m_gpu->f().vkQueueSubmit(m_gpu->queue(), 1, &info, m_fence), task));
    const VkResult waited = m_gpu->f().vkWaitForFences(m_gpu->device(), 1, &m_fence, VK_TRUE,
                                                       std::numeric_limits<std::uint64_t>::max());
    if (waited != VK_SUCCESS) {
        // Nothing may be freed or written while the device is still at it.
        m_gpu->f().vkDeviceWaitIdle(m_gpu->device());
        m_gpu->f().vkResetFences(m_gpu->device(), 1, &m_fence);
        return check(waited, task);
    }
    return check(m_gpu->f().vkResetFences(m_gpu->device(), 1, &m_fence), task);
}

void Queue::barrier(const Commands &commands, VkPipelineStageFlags from, VkAccessFlags written,
                    VkPipelineStageFlags to, VkAccessFlags seen) const
{
    VkMemoryBarrier memory{};
    memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    memory.srcAccessMask = written;
    memory.dstAccessMask = seen;
    m_gpu->f().vkCmdPipelineBarrier(commands.get(), from, to, 0, 1, &memory, 0, nullptr, 0, nullptr);
}

void Queue::barrier(const Commands &commands) const
{
    constexpr VkPipelineStageFlags kDevice =
        VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    barrier(commands, kDevice, VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
            kDevice | VK_PIPELINE_STAGE_HOST_BIT,
            VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT);
}

void Queue::shaderBarrier(const Commands &commands) const
{
    barrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
            VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
}

Result<> Queue::upload(const DeviceBuffer &to, std::size_t offset, std::span<const std::byte> from)
{
    for (std::size_t at = 0; at < from.size(); at += kStagingBytes) {
        const std::size_t bytes = std::min(kStagingBytes, from.size() - at);
        std::memcpy(m_staging->host(), from.data() + at, bytes);
        TRY(const Commands commands, record());
        const VkBufferCopy range{0, to.offset() + offset + at, bytes};
        m_gpu->f().vkCmdCopyBuffer(commands.get(), m_staging->buffer(), to.buffer(), 1, &range);
        TRY_(end(commands));
        TRY_(submit(commands, "copying to its memory"));
    }
    return {};
}

Result<> Queue::download(std::span<std::byte> to, const DeviceBuffer &from, std::size_t offset)
{
    for (std::size_t at = 0; at < to.size(); at += kStagingBytes) {
        const std::size_t bytes = std::min(kStagingBytes, to.size() - at);
        TRY(const Commands commands, record());
        const VkBufferCopy range{from.offset() + offset + at, 0, bytes};
        m_gpu->f().vkCmdCopyBuffer(commands.get(), from.buffer(), m_staging->buffer(), 1, &range);
        TRY_(end(commands));
        TRY_(submit(commands, "copying from its memory"));
        std::memcpy(to.data() + at, m_staging->host(), bytes);
    }
    return {};
}

Result<> Queue::copy(const DeviceBuffer &to, std::size_t toOffset, const DeviceBuffer &from,
                     std::size_t fromOffset, std::size_t bytes)
{
    if (bytes == 0)
        return {};
    TRY(const Commands commands, record());
    const VkBufferCopy range{from.offset() + fromOffset, to.offset() + toOffset, bytes};
    m_gpu->f().vkCmdCopyBuffer(commands.get(), from.buffer(), to.buffer(), 1, &range);
    TRY_(end(commands));
    return submit(commands, "copying memory");
}

Result<> Queue::clear(const DeviceBuffer &buffer)
{
    TRY(const Commands commands, record());
    const VkDeviceSize whole = (std::max<VkDeviceSize>(buffer.bytes(), 1) + 3) / 4 * 4;
    m_gpu->f().vkCmdFillBuffer(commands.get(), buffer.buffer(), buffer.offset(), whole, 0);
    TRY_(end(commands));
    return submit(commands, "clearing memory");
}

} // namespace volary::vulkan
