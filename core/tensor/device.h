// What a device says about itself.
#pragma once

#include <cstdint>
#include <string>

namespace volary {

struct Device {
    std::string backend; // "reference", "cpu", "cuda", "vulkan": the spelling of --backend
    std::string name;    // for people: "Intel Xeon, 2 threads, AVX2"
    std::uint64_t memoryBytes = 0;
    // Two runs are bit-identical only when their numeric profiles are equal: backend, kernel version,
    // instruction set.
    std::string numericProfile;
    // Into how many rows a long text is best cut: more would not make its matrix products faster.
    int rowsAtOnce = 256;
    // Where not 0, runs of at least so many rows add up in another order than smaller ones. Cutting a text
    // elsewhere then leaves every bit as it is among runs of one kind only.
    int manyRows = 0;
};

// What a device can do at best, measured: the limits that speeds are compared with.
struct DeviceRates {
    double readGbPerSecond = 0; // summing a buffer far larger than the caches
    double copyGbPerSecond = 0; // copying it, bytes read plus bytes written
    // Multiply-adds in registers, two operations each: of float32 vectors on the processor and through
    // Vulkan, of f16 matrices with float32 sums through CUDA.
    double matrixTflopPerSecond = 0;
};

} // namespace volary
