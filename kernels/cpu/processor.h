// What the machine is.
#pragma once

#include <cstdint>
#include <string>

namespace volary::cpu {

struct Processor {
    std::string name;           // "Intel Xeon Processor"
    std::string instructionSet; // the vector target that the kernels will use: "AVX2", "AVX3", "SSE2", ...
    int cores = 1;              // physical ones this process may run on
    std::uint64_t memoryBytes = 0;
};

Processor describeProcessor();

} // namespace volary::cpu
