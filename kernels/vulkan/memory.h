// Device memory: a few large blocks, of which buffers are pieces.
#pragma once

#include "core/tensor/tensor.h"
#include "kernels/vulkan/gpu.h"

#include <list>
#include <map>
#include <memory>
#include <mutex>

namespace volary::vulkan {

class Memory;

// Memory with a buffer over the whole of it.
class Block {
public:
    enum class Kind : std::uint8_t { Device, Host };

    static Result<std::unique_ptr<Block>> create(const std::shared_ptr<Gpu> &gpu, Kind kind,
                                                 VkDeviceSize bytes);
    ~Block();
    Block(const Block &) = delete;
    Block &operator=(const Block &) = delete;

    VkBuffer buffer() const { return m_buffer; }
    VkDeviceAddress address() const { return m_address; }
    VkDeviceSize bytes() const { return m_bytes; }
    std::byte *host() const { return m_host; } // of Kind::Host

private:
    Block(std::shared_ptr<Gpu> gpu, VkDeviceSize bytes) : m_gpu(std::move(gpu)), m_bytes(bytes) {}

    std::shared_ptr<Gpu> m_gpu;
    VkDeviceSize m_bytes;
    VkBuffer m_buffer = VK_NULL_HANDLE;
    VkDeviceMemory m_memory = VK_NULL_HANDLE;
    VkDeviceAddress m_address = 0;
    std::byte *m_host = nullptr;
};

// A piece of a block; keeps what it stands on alive.
class DeviceBuffer final : public Buffer {
public:
    ~DeviceBuffer() override;

    std::byte *host() override { return nullptr; }
    VkBuffer buffer() const { return m_block.buffer(); }
    VkDeviceSize offset() const { return m_offset; }
    VkDeviceAddress address() const { return m_block.address() + m_offset; }

private:
    friend class Memory;
    DeviceBuffer(std::shared_ptr<Memory> memory, Block &block, VkDeviceSize offset, std::size_t bytes)
        : Buffer(bytes), m_memory(std::move(memory)), m_block(block), m_offset(offset)
    {}

    std::shared_ptr<Memory> m_memory;
    Block &m_block;
    VkDeviceSize m_offset;
};

// Drivers allow few allocations and make each of them slowly, so that small buffers share a block. Buffers
// may be given back by any thread.
class Memory : public std::enable_shared_from_this<Memory> {
public:
    explicit Memory(std::shared_ptr<Gpu> gpu) : m_gpu(std::move(gpu)) {}

    // Fails with ErrorCode::OutOfMemory. The contents are undefined.
    Result<std::shared_ptr<DeviceBuffer>> allocate(std::size_t bytes);

private:
    friend class DeviceBuffer;

    struct Shared {
        std::unique_ptr<Block> block;
        std::map<VkDeviceSize, VkDeviceSize> free; // offset -> bytes, never touching
    };

    void give(const Block &block, VkDeviceSize offset, VkDeviceSize bytes);

    std::shared_ptr<Gpu> m_gpu;
    std::mutex m_mutex;
    std::list<Shared> m_blocks;
};

// The address of a tensor that this backend made.
inline VkDeviceAddress address(const Tensor &tensor)
{
    return static_cast<const DeviceBuffer &>(*tensor.buffer).address() + tensor.offset;
}

} // namespace volary::vulkan
