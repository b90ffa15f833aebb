// Number types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace volary {

// Quantised types will be added here together with their block layout.
enum class DType : std::uint8_t { F32, F16, BF16, F64, I8, U8, I16, I32, I64 };

std::size_t bytesPerElement(DType type);
std::string_view name(DType type); // "f32", "bf16", ...: the spelling of the command line

} // namespace volary
