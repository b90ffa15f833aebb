// 16-bit floats as plain bits: IEEE 754 half ("f16") and the upper half of a float32 ("bf16").
//
// These are the portable definitions that every backend is judged by; fast versions live in the kernels.
#pragma once

#include <bit>
#include <cstdint>

namespace volary {

constexpr float bf16ToFloat(std::uint16_t bits)
{
    return std::bit_cast<float>(std::uint32_t(bits) << 16);
}

// Rounds to nearest, ties to even. NaN stays NaN.
constexpr std::uint16_t floatToBf16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
        return std::uint16_t((bits >> 16) | 0x40);
    return std::uint16_t((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

// Subnormals included.
constexpr float f16ToFloat(std::uint16_t half)
{
    const std::uint32_t sign = std::uint32_t(half & 0x8000u) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1Fu;
    const std::uint32_t fraction = half & 0x3FFu;
    if (exponent == 0x1F)
        return std::bit_cast<float>(sign | 0x7F800000u | (fraction << 13));
    if (exponent == 0) {
        const float magnitude = float(fraction) * 0x1p-24f;
        return sign != 0 ? -magnitude : magnitude;
    }
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

// Rounds to nearest, ties to even. Values beyond 65504 become infinity.
constexpr std::uint16_t floatToF16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = std::uint16_t((bits >> 16) & 0x8000u);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u)
        return sign | 0x7E00u;
    if (magnitude >= 0x477FF000u)
        return sign | 0x7C00u;
    if (magnitude < 0x38800000u) { // below the smallest normal half: count in units of 2^-24
        const float scaled = std::bit_cast<float>(magnitude) * 0x1p24f;
        auto units = std::uint32_t(scaled);
        const float rest = scaled - float(units);
        units += rest > 0.5f || (rest == 0.5f && (units & 1u) != 0) ? 1u : 0u;
        return std::uint16_t(sign | units);
    }
    const std::uint32_t rebased = magnitude - 0x38000000u;
    return std::uint16_t(sign | ((rebased + 0xFFFu + ((rebased >> 13) & 1u)) >> 13));
}

} // namespace volary
