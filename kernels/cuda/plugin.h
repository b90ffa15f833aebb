// How the program and the CUDA library meet. The library is opened at run time, so that the program starts
// where there is no driver, an old one, or no library at all.
#pragma once

#include "core/tensor/backend.h"

#include <cstdint>
#include <memory>

namespace volary {

struct CudaLibrary {
    std::uint64_t layout; // cudaLayout() of the library; the rest may be used only when it is also ours

    // The first device, or why none can be used. Touches the driver, but takes no device memory.
    Result<Device> (*describe)();
    Result<std::unique_ptr<Backend>> (*make)();
    // Takes about a second and up to 2 GiB of device memory.
    Result<DeviceRates> (*measure)();
};

constexpr const char *kCudaLibraryFile = "libvolary_cuda.so";
constexpr const char *kCudaEntry = "volaryCudaLibrary"; // const CudaLibrary *(), C linkage

// Differs between builds whose plans or interfaces have different shapes: objects cross the border as they
// are.
constexpr std::uint64_t cudaLayout()
{
    std::uint64_t stamp = 2; // counted up when an interface changes without changing a size
    for (const std::size_t size : {sizeof(Plan), sizeof(PlanOp), sizeof(PlanValue), sizeof(Tensor),
                                   sizeof(Bindings), sizeof(Device), std::size_t(kOpKinds)})
        stamp = stamp * 1000003 + size;
    return stamp;
}

} // namespace volary
