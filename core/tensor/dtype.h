// Number types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace volary {

// The quantised types from Q4_0 on store a row as blocks of small whole numbers with a scale each; their
// layout stands in core/tensor/block_layout.h.
enum class DType : std::uint8_t {
    F32,
    F16,
    BF16,
    F64,
    I8,
    U8,
    I16,
    I32,
    I64,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4_K,
    Q5_K,
    Q6_K
};

constexpr bool isQuantised(DType type)
{
    return type >= DType::Q4_0;
}

// A row is a whole number of blocks. Of types that are not quantised every element is a block.
constexpr int elementsPerBlock(DType type)
{
    if (!isQuantised(type))
        return 1;
    return type == DType::Q4_K || type == DType::Q5_K || type == DType::Q6_K ? 256 : 32;
}
std::size_t bytesPerBlock(DType type);

// Of `elements` numbers, which are whole blocks.
std::size_t bytesOf(DType type, std::int64_t elements);

std::size_t bytesPerElement(DType type); // of types that are not quantised
std::string_view name(DType type);       // "f32", "bf16", ...: the spelling of the command line

} // namespace volary
