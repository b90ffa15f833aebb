// Quantised weights in vector registers: groups of 32 numbers of a block, ready to be multiplied.
//
// Included once per instruction set, see the Highway documentation ("-inl.h").
#if defined(VOLARY_CPU_BLOCKS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef VOLARY_CPU_BLOCKS_INL_H
#undef VOLARY_CPU_BLOCKS_INL_H
#else
#define VOLARY_CPU_BLOCKS_INL_H
#endif

#include "core/tensor/block_layout.h"

#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace volary::cpu::HWY_NAMESPACE {

// 32 whole numbers and what they are multiplied with: x[e] = scale[e / 16] * n[e] + offset.
struct Group {
    alignas(32) std::int8_t n[kGroup];
    float scale[2];
    float offset;
};

#if HWY_TARGET == HWY_SCALAR

template <DType Type>
HWY_INLINE void fetchGroup(const std::byte *block, int group, Group &to)
{
    const BlockGroup unpacked = unpackGroup<Type>(block, group);
    std::memcpy(to.n, unpacked.n, sizeof to.n);
    to.scale[0] = unpacked.scale[0];
    to.scale[1] = unpacked.scale[1];
    to.offset = unpacked.offset;
}

#else

using Bytes16 = hwy::HWY_NAMESPACE::FixedTag<std::uint8_t, 16>;
using Vec16 = hwy::HWY_NAMESPACE::Vec<Bytes16>;

HWY_INLINE Vec16 load16(const std::uint8_t *at)
{
    return hwy::HWY_NAMESPACE::LoadU(Bytes16(), at);
}

HWY_INLINE void store16(Vec16 numbers, std::int8_t *to)
{
    namespace hn = hwy::HWY_NAMESPACE;
    hn::StoreU(hn::BitCast(hn::FixedTag<std::int8_t, 16>(), numbers), hn::FixedTag<std::int8_t, 16>(), to);
}

// By the instruction where there is one: it is needed once in 32 numbers.
HWY_INLINE float halfToFloat(const std::uint8_t *at)
{
    namespace hn = hwy::HWY_NAMESPACE;
    std::uint16_t bits;
    std::memcpy(&bits, at, sizeof bits);
    const auto half =
        hn::BitCast(hn::FixedTag<hwy::float16_t, 4>(), hn::Set(hn::FixedTag<std::uint16_t, 4>(), bits));
    return hn::GetLane(hn::PromoteTo(hn::FixedTag<float, 4>(), half));
}

// 16 in every number whose bit is set in `bits`, which holds a bit per number.
HWY_INLINE Vec16 fifthBits(const std::uint8_t *bits)
{
    namespace hn = hwy::HWY_NAMESPACE;
    const Bytes16 d;
    alignas(16) static constexpr std::uint8_t kBit[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                                          1, 2, 4, 8, 16, 32, 64, 128};
    alignas(16) static constexpr std::uint8_t kByte[16] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
    std::uint16_t both;
    std::memcpy(&both, bits, sizeof both);
    const auto spread = hn::TableLookupBytes(hn::BitCast(d, hn::Set(hn::FixedTag<std::uint16_t, 8>(), both)),
                                             hn::Load(d, kByte));
    const auto bit = hn::Load(d, kBit);
    return hn::And(hn::VecFromMask(d, hn::Eq(hn::And(spread, bit), bit)), hn::Set(d, 16));
}

// Low nibbles are the numbers 0 .. 15, high ones 16 .. 31.
template <bool FifthBit>
HWY_INLINE void unpackNibbles(const std::uint8_t *q, const std::uint8_t *bits, int bias, std::int8_t *n)
{
    namespace hn = hwy::HWY_NAMESPACE;
    const Bytes16 d;
    const auto packed = load16(q);
    auto low = hn::And(packed, hn::Set(d, 15)), high = hn::ShiftRight<4>(packed);
    if constexpr (FifthBit) {
        low = hn::Or(low, fifthBits(bits));
        high = hn::Or(high, fifthBits(bits + 2));
    }
    const auto shift = hn::Set(d, std::uint8_t(bias));
    store16(hn::Sub(low, shift), n);
    store16(hn::Sub(high, shift), n + 16);
}

// Group `group` of the block that begins at `block`; the same numbers as unpackGroup of the layout.
template <DType Type>
HWY_INLINE void fetchGroup(const std::byte *block, int group, Group &to)
{
    namespace hn = hwy::HWY_NAMESPACE;
    const Bytes16 d;
    const auto *b = reinterpret_cast<const std::uint8_t *>(block);
    to.offset = 0;
    if constexpr (Type == DType::Q4_K || Type == DType::Q5_K) {
        BlockGroup scaled;
        blocks::scaleAndMinimum(b + 4, group, halfToFloat(b), halfToFloat(b + 2), scaled);
        to.scale[0] = to.scale[1] = scaled.scale[0];
        to.offset = scaled.offset;
        const std::uint8_t *q =
            b + (Type == DType::Q4_K ? 16 : 48) + std::size_t(kGroup) * std::size_t(group / 2);
        for (int half = 0; half < kGroup; half += 16) {
            const auto packed = load16(q + half);
            auto n = group % 2 == 0 ? hn::And(packed, hn::Set(d, 15)) : hn::ShiftRight<4>(packed);
            if constexpr (Type == DType::Q5_K) {
                const auto bit = hn::Set(d, std::uint8_t(1 << group));
                const auto set = hn::VecFromMask(d, hn::Eq(hn::And(load16(b + 16 + half), bit), bit));
                n = hn::Or(n, hn::And(set, hn::Set(d, 16)));
            }
            store16(n, to.n + half);
        }
    } else if constexpr (Type == DType::Q6_K) {
        const auto half = std::size_t(group) / 4, part = std::size_t(group) % 4;
        const float scale = halfToFloat(b + 208);
        for (std::size_t i = 0; i < 2; ++i) {
            to.scale[i] = scale * float(std::int8_t(b[192 + 2 * std::size_t(group) + i]));
            const auto packed = load16(b + 64 * half + 32 * (part % 2) + 16 * i);
            const auto low = part < 2 ? hn::And(packed, hn::Set(d, 15)) : hn::ShiftRight<4>(packed);
            const auto high = hn::ShiftRightSame(load16(b + 128 + 32 * half + 16 * i), int(2 * part));
            const auto top = hn::ShiftLeft<4>(hn::And(high, hn::Set(d, 3)));
            store16(hn::Sub(hn::Or(low, top), hn::Set(d, 32)), to.n + 16 * i);
        }
    } else {
        to.scale[0] = to.scale[1] = halfToFloat(b);
        if constexpr (hasOffset(Type))
            to.offset = halfToFloat(b + 2);
        if constexpr (Type == DType::Q4_0)
            unpackNibbles<false>(b + 2, nullptr, 8, to.n);
        else if constexpr (Type == DType::Q4_1)
            unpackNibbles<false>(b + 4, nullptr, 0, to.n);
        else if constexpr (Type == DType::Q5_0)
            unpackNibbles<true>(b + 6, b + 2, 16, to.n);
        else if constexpr (Type == DType::Q5_1)
            unpackNibbles<true>(b + 8, b + 4, 0, to.n);
        else
            std::memcpy(to.n, b + 2, kGroup); // Q8_0
    }
}

#endif

} // namespace volary::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
