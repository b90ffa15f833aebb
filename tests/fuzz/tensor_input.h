// The fuzzer's bytes as a model file: opened through the public door, and every tensor read.
#pragma once

#include "file_input.h"

#include "core/io/tensor_file.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace volary::test {

// Views may repeat a storage, so all tensors together can be far larger than the file.
inline constexpr std::size_t kMostBytesRead = 8u << 20;

inline void readAllTensors(const TensorFile &file)
{
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

inline int fuzzTensorFile(const std::uint8_t *data, std::size_t size)
{
    withFile({reinterpret_cast<const char *>(data), size}, [](const std::filesystem::path &path) {
        const auto opened = openTensorFile(path);
        checkRefusal(opened);
        if (opened)
            readAllTensors(*opened.value());
    });
    return 0;
}

} // namespace volary::test
