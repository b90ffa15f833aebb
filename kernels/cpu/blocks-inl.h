// Quantised weights in vector registers: groups of 32 numbers of a block become vectors of float32, without a
// detour through memory.
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
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace volary::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;

#if HWY_TARGET == HWY_SCALAR || HWY_HAVE_SCALABLE

// Calls use(at, w) for each vector of the group, which begins with its number `at`.
template <DType Type, typename Use>
HWY_INLINE void forWeights(const std::byte *block, int group, const Use &use)
{
    const Lanes d;
    const BlockGroup unpacked = unpackGroup<Type>(block, group);
    float numbers[kGroup];
    for (std::size_t e = 0; e < kGroup; ++e) {
        numbers[e] = unpacked.scale[e / 16] * float(unpacked.n[e]);
        if constexpr (hasOffset(Type))
            numbers[e] = hn::GetLane(hn::MulAdd(hn::Set(d, unpacked.scale[0]), hn::Set(d, unpacked.n[e]),
                                                hn::Set(d, unpacked.offset)));
    }
    for (std::size_t at = 0; at < kGroup; at += hn::Lanes(d))
        use(at, hn::LoadU(d, numbers + at));
}

#else

using Bytes16 = hn::FixedTag<std::uint8_t, 16>;
using Vec16 = hn::Vec<Bytes16>;

HWY_INLINE Vec16 load16(const std::uint8_t *at)
{
    return hn::LoadU(Bytes16(), at);
}

// 32 whole numbers and what they are multiplied with: x[e] = scale[e / 16] * n[e] + offset.
struct Group {
    Vec16 n[2]; // signed
    float scale[2];
    float offset;
};

// By the instruction where there is one: it is needed once in 32 numbers.
HWY_INLINE float halfToFloat(const std::uint8_t *at)
{
    std::uint16_t bits;
    std::memcpy(&bits, at, sizeof bits);
    const auto half =
        hn::BitCast(hn::FixedTag<hwy::float16_t, 4>(), hn::Set(hn::FixedTag<std::uint16_t, 4>(), bits));
    return hn::GetLane(hn::PromoteTo(hn::FixedTag<float, 4>(), half));
}

// 16 in every number whose bit is set in `bits`, which holds a bit per number.
HWY_INLINE Vec16 fifthBits(const std::uint8_t *bits)
{
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
HWY_INLINE void unpackNibbles(const std::uint8_t *q, const std::uint8_t *bits, int bias, Vec16 *n)
{
    const Bytes16 d;
    const auto packed = load16(q);
    auto low = hn::And(packed, hn::Set(d, 15)), high = hn::ShiftRight<4>(packed);
    if constexpr (FifthBit) {
        low = hn::Or(low, fifthBits(bits));
        high = hn::Or(high, fifthBits(bits + 2));
    }
    const auto shift = hn::Set(d, std::uint8_t(bias));
    n[0] = hn::Sub(low, shift);
    n[1] = hn::Sub(high, shift);
}

// Group `group` of the block that begins at `block`; the same numbers as unpackGroup of the layout.
template <DType Type>
HWY_INLINE void fetchGroup(const std::byte *block, int group, Group &to)
{
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
        for (std::size_t half = 0; half < 2; ++half) {
            const auto packed = load16(q + 16 * half);
            auto n = group % 2 == 0 ? hn::And(packed, hn::Set(d, 15)) : hn::ShiftRight<4>(packed);
            if constexpr (Type == DType::Q5_K) {
                const auto bit = hn::Set(d, std::uint8_t(1 << group));
                const auto set = hn::VecFromMask(d, hn::Eq(hn::And(load16(b + 16 + 16 * half), bit), bit));
                n = hn::Or(n, hn::And(set, hn::Set(d, 16)));
            }
            to.n[half] = n;
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
            to.n[i] = hn::Sub(hn::Or(low, top), hn::Set(d, 32));
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
            to.n[0] = load16(b + 2), to.n[1] = load16(b + 18); // Q8_0
    }
}

constexpr std::size_t kLanes = HWY_MAX_BYTES / sizeof(float);

// As many of the 16 numbers as a vector of float32 has lanes, from number `From` on.
template <std::size_t From>
HWY_INLINE auto someOf(Vec16 numbers)
{
    const hn::FixedTag<std::int8_t, 16> d;
    const auto all = hn::BitCast(d, numbers);
    if constexpr (kLanes == 16)
        return all;
    else if constexpr (kLanes == 8)
        return hn::LowerHalf(hn::ShiftRightBytes<From>(d, all));
    else
        return hn::LowerHalf(hn::LowerHalf(hn::ShiftRightBytes<From>(d, all)));
}

// Calls use(at, w) for each vector of the group, which begins with its number `at`.
template <DType Type, typename Use>
HWY_INLINE void forWeights(const std::byte *block, int group, const Use &use)
{
    const Lanes d;
    Group fetched;
    fetchGroup<Type>(block, group, fetched);
    const Vec scales[2] = {hn::Set(d, fetched.scale[0]), hn::Set(d, fetched.scale[1])};
    const Vec offset = hn::Set(d, fetched.offset);
    const auto one = [&]<std::size_t At>() {
        const Vec n = hn::ConvertTo(
            d, hn::PromoteTo(hn::Rebind<std::int32_t, Lanes>(), someOf<At % 16>(fetched.n[At / 16])));
        if constexpr (hasOffset(Type))
            use(At, hn::MulAdd(scales[At / 16], n, offset));
        else
            use(At, hn::Mul(scales[At / 16], n));
    };
    [&]<std::size_t... Part>(std::index_sequence<Part...>)
    {
        (one.template operator()<Part * kLanes>(), ...);
    }
    (std::make_index_sequence<kGroup / kLanes>());
}

#endif

} // namespace volary::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
