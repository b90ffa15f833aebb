// Float tensors as stored, and the numbers in them.
#pragma once

#include "core/io/tensor_file.h"

#include <cstddef>
#include <span>
#include <vector>

namespace volary {

bool isFloat(DType type); // f32, f16, bf16, f64

// The numbers in `bytes`, which are of a float or a quantised type.
std::vector<float> toFloats(std::span<const std::byte> bytes, DType type);
// Each number rounded once, to nearest even. Any float type.
std::vector<std::byte> toBytes(std::span<const float> numbers, DType type);

// The numbers of file.tensors()[index], quantised ones too; an Error when they are integers.
Result<std::vector<float>> readFloats(const TensorFile &file, std::size_t index);

} // namespace volary
