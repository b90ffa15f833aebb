#include "kernels/cuda/memory.h"

#include "core/base/text.h"
#include "kernels/cuda/errors.h"

namespace volary::cuda {

Result<std::shared_ptr<DeviceBuffer>> DeviceBuffer::create(std::size_t bytes)
{
    void *memory = nullptr;
    const cudaError_t status = cudaMalloc(&memory, bytes == 0 ? 1 : bytes);
    if (status == cudaErrorMemoryAllocation) {
        cudaGetLastError(); // or the next call would report it again
        std::size_t available = 0, total = 0;
        if (cudaMemGetInfo(&available, &total) != cudaSuccess)
            available = total = 0;
        return Error{ErrorCode::OutOfMemory,
                     format("%s of GPU memory are needed at once, and %s of %s are free.",
                            formatBytes(bytes).c_str(), formatBytes(available).c_str(),
                            formatBytes(total).c_str()),
                     "Close other programs that use the GPU, open a smaller model, or use the cpu backend."};
    }
    TRY_(check(status, "reserving memory"));
    auto *bytesOfDevice = static_cast<std::byte *>(memory);
    std::shared_ptr<DeviceBuffer> buffer(new DeviceBuffer(bytesOfDevice, bytes));
    TRY_(check(cudaMemset(memory, 0, bytes == 0 ? 1 : bytes), "clearing memory"));
    // The default stream's memset is not ordered with the stream that plans run on.
    TRY_(check(cudaDeviceSynchronize(), "clearing memory"));
    return buffer;
}

DeviceBuffer::~DeviceBuffer()
{
    cudaFree(m_memory);
}

} // namespace volary::cuda
