// How the quantised types store numbers: 32 of them at a time as small whole numbers with scales.
//
// The layouts are those of GGML (blocks of 32: "legacy quants", blocks of 256: "K-quants"). All fields are
// little-endian; scales are IEEE half floats, and the numbers of the larger blocks have 6-bit or 8-bit scales
// of their own. Everything is inline, so that each backend compiles it for its own instructions.
#pragma once

#include "core/base/half.h"
#include "core/tensor/dtype.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace volary {

constexpr int kGroup = 32;

// Numbers e = 0 .. 31 of a block: x = scale[e / 16] * n[e], plus `offset` where the type has one. Evaluated
// in float32 and in this order it gives the bits of the reference decoder.
struct BlockGroup {
    std::int8_t n[kGroup];
    float scale[2];
    float offset;
};

constexpr bool hasOffset(DType type)
{
    return type == DType::Q4_1 || type == DType::Q5_1 || type == DType::Q4_K || type == DType::Q5_K;
}

namespace blocks {

inline float half(const std::uint8_t *at)
{
    return f16ToFloat(std::uint16_t(at[0] | at[1] << 8));
}

// Low nibbles are the numbers 0 .. 15, high ones 16 .. 31.
inline void nibbles(const std::uint8_t *q, std::int8_t *n, int bias)
{
    for (int e = 0; e < 16; ++e) {
        n[e] = std::int8_t((q[e] & 15) - bias);
        n[e + 16] = std::int8_t((q[e] >> 4) - bias);
    }
}

// A fifth bit for each number, from one 32-bit word.
inline void nibblesAndBit(const std::uint8_t *h, const std::uint8_t *q, std::int8_t *n, int bias)
{
    for (int e = 0; e < 16; ++e) {
        const int low = h[e / 8] >> (e % 8) & 1, high = h[2 + e / 8] >> (e % 8) & 1;
        n[e] = std::int8_t(((q[e] & 15) | low << 4) - bias);
        n[e + 16] = std::int8_t(((q[e] >> 4) | high << 4) - bias);
    }
}

// Scale and minimum of sub-block j: 6 bits each, packed into 12 bytes.
inline void scaleAndMinimum(const std::uint8_t *s, int j, float d, float dmin, BlockGroup &to)
{
    const int scale = j < 4 ? s[j] & 63 : (s[j + 4] & 15) | (s[j - 4] >> 6) << 4;
    const int minimum = j < 4 ? s[j + 4] & 63 : (s[j + 4] >> 4) | (s[j] >> 6) << 4;
    to.scale[0] = to.scale[1] = d * float(scale);
    to.offset = -(dmin * float(minimum));
}

// The nibbles of sub-block j: pairs of sub-blocks share 32 bytes.
inline void pairedNibbles(const std::uint8_t *q, int j, std::int8_t *n)
{
    const int shift = 4 * (j % 2);
    for (int e = 0; e < kGroup; ++e)
        n[e] = std::int8_t(q[kGroup * (j / 2) + e] >> shift & 15);
}

} // namespace blocks

// Group number `group` of the block that begins at `block`: always 0 for blocks of 32, else 0 .. 7.
template <DType Type>
inline BlockGroup unpackGroup(const std::byte *block, int group)
{
    const auto *b = reinterpret_cast<const std::uint8_t *>(block);
    BlockGroup to;
    to.offset = 0;
    if constexpr (Type == DType::Q4_K || Type == DType::Q5_K) {
        constexpr int kNumbersAt = Type == DType::Q4_K ? 16 : 48;
        blocks::scaleAndMinimum(b + 4, group, blocks::half(b), blocks::half(b + 2), to);
        blocks::pairedNibbles(b + kNumbersAt, group, to.n);
        if constexpr (Type == DType::Q5_K) {
            for (int e = 0; e < kGroup; ++e)
                to.n[e] = std::int8_t(to.n[e] | (b[16 + e] >> group & 1) << 4);
        }
        return to;
    } else if constexpr (Type == DType::Q6_K) {
        const auto half = std::size_t(group) / 4, part = std::size_t(group) % 4;
        const std::uint8_t *low = b + 64 * half + 32 * (part % 2);
        const std::uint8_t *high = b + 128 + 32 * half;
        const float d = blocks::half(b + 208);
        for (int i = 0; i < 2; ++i)
            to.scale[i] = d * float(std::int8_t(b[192 + 2 * group + i]));
        for (int e = 0; e < kGroup; ++e)
            to.n[e] = std::int8_t(((low[e] >> 4 * (part / 2) & 15) | (high[e] >> 2 * part & 3) << 4) - 32);
        return to;
    } else {
        to.scale[0] = to.scale[1] = blocks::half(b);
        if constexpr (hasOffset(Type))
            to.offset = blocks::half(b + 2);
        if constexpr (Type == DType::Q4_0)
            blocks::nibbles(b + 2, to.n, 8);
        else if constexpr (Type == DType::Q4_1)
            blocks::nibbles(b + 4, to.n, 0);
        else if constexpr (Type == DType::Q5_0)
            blocks::nibblesAndBit(b + 2, b + 6, to.n, 16);
        else if constexpr (Type == DType::Q5_1)
            blocks::nibblesAndBit(b + 4, b + 8, to.n, 0);
        else
            std::memcpy(to.n, b + 2, kGroup); // Q8_0
        return to;
    }
}

// Calls use.template operator()<Type>() for a quantised type.
template <typename Use>
inline void withQuantisedType(DType type, const Use &use)
{
    switch (type) {
    case DType::Q4_0: use.template operator()<DType::Q4_0>(); break;
    case DType::Q4_1: use.template operator()<DType::Q4_1>(); break;
    case DType::Q5_0: use.template operator()<DType::Q5_0>(); break;
    case DType::Q5_1: use.template operator()<DType::Q5_1>(); break;
    case DType::Q8_0: use.template operator()<DType::Q8_0>(); break;
    case DType::Q4_K: use.template operator()<DType::Q4_K>(); break;
    case DType::Q5_K: use.template operator()<DType::Q5_K>(); break;
    case DType::Q6_K: use.template operator()<DType::Q6_K>(); break;
    default: break; // not quantised
    }
}

} // namespace volary
