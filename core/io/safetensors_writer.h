// Writing safetensors files.
#pragma once

#include "core/base/result.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace volary {

struct TensorToWrite {
    std::string name; // unique
    DType type;
    Shape shape;
    std::span<const std::byte> bytes; // row-major; exactly as many as type and shape say
};

// Whole or not at all. Tensors are laid out in the given order, the data starting at a multiple of 8 bytes.
Result<> writeSafetensors(const std::filesystem::path &path, std::span<const TensorToWrite> tensors,
                          const std::map<std::string, std::string> &metadata = {});

} // namespace volary
