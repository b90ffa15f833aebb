// The numbers by which GGUF files name types of values and tensors.
#pragma once

#include "core/tensor/dtype.h"

#include <array>
#include <cstdint>

namespace volary::gguf {

inline constexpr std::uint32_t kMagic = 0x46554747; // "GGUF"
inline constexpr std::uint32_t kOldestVersion = 2, kNewestVersion = 3;
inline constexpr std::uint64_t kUsualAlignment = 32;

enum ValueType : std::uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 };

struct TypeNumber {
    std::uint32_t number;
    DType type;
};
inline constexpr std::array kTypes{
    TypeNumber{0, DType::F32},   TypeNumber{1, DType::F16},   TypeNumber{2, DType::Q4_0},
    TypeNumber{3, DType::Q4_1},  TypeNumber{6, DType::Q5_0},  TypeNumber{7, DType::Q5_1},
    TypeNumber{8, DType::Q8_0},  TypeNumber{12, DType::Q4_K}, TypeNumber{13, DType::Q5_K},
    TypeNumber{14, DType::Q6_K}, TypeNumber{24, DType::I8},   TypeNumber{25, DType::I16},
    TypeNumber{26, DType::I32},  TypeNumber{27, DType::I64},  TypeNumber{28, DType::F64},
    TypeNumber{30, DType::BF16}};

} // namespace volary::gguf
