#include "kernels/vulkan/memory.h"

#include "core/base/text.h"

#include <algorithm>

namespace volary::vulkan {

namespace {

constexpr VkDeviceSize kBlockBytes = VkDeviceSize(32) << 20;
constexpr VkDeviceSize kAlignment = 256;

VkDeviceSize padded(std::size_t bytes)
{
    return (std::max<VkDeviceSize>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
}

Error tooLittle(const Gpu &gpu, VkDeviceSize bytes)
{
    return {ErrorCode::OutOfMemory,
            format("%s of GPU memory are needed at once, and %s of %s are free.", formatBytes(bytes).c_str(),
                   formatBytes(gpu.freeMemory()).c_str(), formatBytes(gpu.description().memoryBytes).c_str()),
            "Close other programs that use the GPU, open a smaller model, or use the cpu backend."};
}

} // namespace

Result<std::unique_ptr<Block>> Block::create(const std::shared_ptr<Gpu> &gpu, Kind kind, VkDeviceSize bytes)
{
    if (bytes > gpu->largestAllocation())
        return Error{ErrorCode::OutOfMemory,
                     format("%s of GPU memory are needed at once, and the driver gives at most %s.",
                            formatBytes(bytes).c_str(), formatBytes(gpu->largestAllocation()).c_str()),
                     "Choose a smaller weight type, or use the cpu backend."};
    const Functions &f = gpu->f();
    std::unique_ptr<Block> block(new Block(gpu, bytes));
    VkBufferCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    info.size = bytes;
    info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT |
                 VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    TRY_(check(f.vkCreateBuffer(gpu->device(), &info, nullptr, &block->m_buffer), "making a buffer"));
    VkMemoryRequirements needed{};
    f.vkGetBufferMemoryRequirements(gpu->device(), block->m_buffer, &needed);
    VkMemoryAllocateFlagsInfo flags{};
    flags.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO;
    flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
    VkMemoryAllocateInfo allocate{};
    allocate.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    allocate.pNext = &flags;
    allocate.allocationSize = needed.size;
    allocate.memoryTypeIndex = kind == Kind::Host ? gpu->hostMemoryType() : gpu->deviceMemoryType();
    const VkResult made = f.vkAllocateMemory(gpu->device(), &allocate, nullptr, &block->m_memory);
    if (made == VK_ERROR_OUT_OF_DEVICE_MEMORY || made == VK_ERROR_OUT_OF_HOST_MEMORY)
        return tooLittle(*gpu, bytes);
    TRY_(check(made, "reserving memory"));
    TRY_(check(f.vkBindBufferMemory(gpu->device(), block->m_buffer, block->m_memory, 0), "reserving memory"));
    VkBufferDeviceAddressInfo asked{};
    asked.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO;
    asked.buffer = block->m_buffer;
    block->m_address = f.vkGetBufferDeviceAddress(gpu->device(), &asked);
    if (kind == Kind::Host) {
        void *mapped = nullptr;
        TRY_(check(f.vkMapMemory(gpu->device(), block->m_memory, 0, VK_WHOLE_SIZE, 0, &mapped),
                   "reserving memory"));
        block->m_host = static_cast<std::byte *>(mapped);
    }
    return block;
}

Block::~Block()
{
    m_gpu->f().vkDestroyBuffer(m_gpu->device(), m_buffer, nullptr);
    m_gpu->f().vkFreeMemory(m_gpu->device(), m_memory, nullptr);
}

DeviceBuffer::~DeviceBuffer()
{
    m_memory->give(m_block, m_offset, padded(bytes()));
}

Result<std::shared_ptr<DeviceBuffer>> Memory::allocate(std::size_t bytes)
{
    const std::lock_guard lock(m_mutex);
    const VkDeviceSize size = padded(bytes);
    const auto take = [&](Shared &shared) -> std::shared_ptr<DeviceBuffer> {
        const auto found =
            std::ranges::find_if(shared.free, [&](const auto &range) { return range.second >= size; });
        if (found == shared.free.end())
            return nullptr;
        const auto [offset, length] = *found;
        shared.free.erase(found);
        if (length > size)
            shared.free[offset + size] = length - size;
        return std::shared_ptr<DeviceBuffer>(
            new DeviceBuffer(shared_from_this(), *shared.block, offset, bytes));
    };
    for (Shared &shared : m_blocks) {
        if (auto buffer = take(shared))
            return buffer;
    }
    TRY(auto block, Block::create(m_gpu, Block::Kind::Device, std::max(size, kBlockBytes)));
    const VkDeviceSize all = block->bytes();
    m_blocks.push_back({std::move(block), {{0, all}}});
    return take(m_blocks.back());
}

void Memory::give(const Block &block, VkDeviceSize offset, VkDeviceSize bytes)
{
    const std::lock_guard lock(m_mutex);
    const auto owner =
        std::ranges::find_if(m_blocks, [&](const Shared &shared) { return shared.block.get() == &block; });
    auto &free = owner->free;
    auto next = free.lower_bound(offset);
    if (next != free.end() && offset + bytes == next->first) {
        bytes += next->second;
        next = free.erase(next);
    }
    if (next != free.begin()) {
        const auto before = std::prev(next);
        if (before->first + before->second == offset) {
            offset = before->first;
            bytes += before->second;
            free.erase(before);
        }
    }
    free[offset] = bytes;
    if (bytes == block.bytes())
        m_blocks.erase(owner);
}

} // namespace volary::vulkan
