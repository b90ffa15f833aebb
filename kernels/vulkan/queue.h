// Work for the device: recorded, submitted, waited for.
#pragma once

#include "kernels/vulkan/memory.h"

#include <array>
#include <span>

namespace volary::vulkan {

class Queue;

// A command buffer that is freed with it.
class Commands {
public:
    Commands() = default;
    ~Commands() { reset(); }
    Commands(Commands &&other) noexcept { *this = std::move(other); }
    Commands &operator=(Commands &&other) noexcept;

    explicit operator bool() const { return m_buffer != VK_NULL_HANDLE; }
    VkCommandBuffer get() const { return m_buffer; }
    void reset();

private:
    friend class Queue;
    const Queue *m_queue = nullptr;
    VkCommandBuffer m_buffer = VK_NULL_HANDLE;
};

class Queue {
public:
    static Result<std::unique_ptr<Queue>> create(const std::shared_ptr<Gpu> &gpu);
    ~Queue();
    Queue(const Queue &) = delete;
    Queue &operator=(const Queue &) = delete;

    const Gpu &gpu() const { return *m_gpu; }

    // Begun; end() closes it for submit(), any number of times.
    Result<Commands> record();
    Result<> end(const Commands &commands);
    // Is finished on return.
    Result<> submit(const Commands &commands, const char *task);

    // What was written before is seen by what follows, whether shaders, copies or the host.
    void barrier(const Commands &commands) const;
    // The same among shaders only, which costs a third.
    void shaderBarrier(const Commands &commands) const;

    Result<> upload(const DeviceBuffer &to, std::size_t offset, std::span<const std::byte> from);
    Result<> download(std::span<std::byte> to, const DeviceBuffer &from, std::size_t offset);
    Result<> copy(const DeviceBuffer &to, std::size_t toOffset, const DeviceBuffer &from,
                  std::size_t fromOffset, std::size_t bytes);
    Result<> clear(const DeviceBuffer &buffer);

private:
    friend class Commands;
    void barrier(const Commands &commands, VkPipelineStageFlags from, VkAccessFlags written,
                 VkPipelineStageFlags to, VkAccessFlags seen) const;
    explicit Queue(std::shared_ptr<Gpu> gpu) : m_gpu(std::move(gpu)) {}

    std::shared_ptr<Gpu> m_gpu;
    VkCommandPool m_pool = VK_NULL_HANDLE;
    VkFence m_fence = VK_NULL_HANDLE;
    std::unique_ptr<Block> m_staging; // what passes between host and device
};

} // namespace volary::vulkan
