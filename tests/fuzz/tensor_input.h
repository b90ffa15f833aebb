// The fuzzer's bytes as a model file: opened through the public door, and every tensor read.
#pragma once

#include "core/base/check.h"
#include "core/io/tensor_file.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace volary::test {

// Views may repeat a storage, so all tensors together can be far larger than the file.
inline constexpr std::size_t kMostBytesRead = 8u << 20;

inline void readAllTensors(const std::filesystem::path &path)
{
    const auto opened = openTensorFile(path);
    if (!opened) {
        VOLARY_CHECK(!opened.error().what.empty(), "a refusal says why");
        return;
    }
    const TensorFile &file = *opened.value();
    std::size_t total = 0;
    for (std::size_t i = 0; i < file.tensors().size(); ++i) {
        const std::size_t bytes = file.tensors()[i].bytes();
        if (bytes > kMostBytesRead - total)
            continue;
        total += bytes;
        std::vector<std::byte> values(bytes);
        VOLARY_CHECK(file.read(i, values), "what was validated can be read");
    }
}

// The bytes live in memory only: a fuzzer that writes files spends its time on the disk.
inline int fuzzTensorFile(const std::uint8_t *data, std::size_t size)
{
    const int memory = ::memfd_create("volary-fuzz", MFD_CLOEXEC);
    VOLARY_CHECK(memory >= 0, "the system provides files in memory");
    VOLARY_CHECK(::write(memory, data, size) == ssize_t(size), "a file in memory takes all bytes");
    readAllTensors("/proc/self/fd/" + std::to_string(memory));
    ::close(memory);
    return 0;
}

} // namespace volary::test
