// Device memory.
#pragma once

#include "core/base/result.h"
#include "core/tensor/tensor.h"

namespace volary::cuda {

// Frees itself. Knows the device only through the runtime's current device, the first one.
class DeviceBuffer final : public Buffer {
public:
    // Zeroed and aligned to 256 bytes. Fails with ErrorCode::OutOfMemory.
    static Result<std::shared_ptr<DeviceBuffer>> create(std::size_t bytes);
    ~DeviceBuffer() override;

    std::byte *host() override { return nullptr; }
    std::byte *device() const { return m_memory; }

private:
    DeviceBuffer(std::byte *memory, std::size_t bytes) : Buffer(bytes), m_memory(memory) {}

    std::byte *m_memory;
};

// The address of a tensor that this backend made.
inline std::byte *address(const Tensor &tensor)
{
    return static_cast<const DeviceBuffer &>(*tensor.buffer).device() + tensor.offset;
}

} // namespace volary::cuda
