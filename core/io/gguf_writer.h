// Writing GGUF files, version 3.
#pragma once

#include "core/io/gguf.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace volary {

// Whole numbers are written in 32 bits where they fit, floats in 32 bits, whole numbers of lists as i32.
using GgufKeys = std::vector<std::pair<std::string, GgufValue>>;

struct GgufTensor {
    std::string name; // unique
    DType type;
    Shape shape; // 1 to 4 dimensions
};

// Whole or not at all. `bytesOf(i)` gives the bytes of tensors[i], called once for each in their order, so
// that only one is in memory at a time; its errors end the writing.
Result<> writeGguf(const std::filesystem::path &path, const GgufKeys &keys,
                   std::span<const GgufTensor> tensors,
                   const std::function<Result<std::vector<std::byte>>(std::size_t)> &bytesOf);

} // namespace volary
