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
};

} // namespace volary
