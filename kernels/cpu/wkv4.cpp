// The recurrence of RWKV-4.
//
// A vector of channels goes through all rows of its sequence at once, so that its sums stay in registers.
// Channels are independent, and those that do not fill a vector take the same path in a padded one: where the
// channels are cut into pieces of work does not decide any result.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/wkv4.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "kernels/cpu/ops.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace volary::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;

// `count` numbers, or as many as a vector holds; zeros behind the last channel.
HWY_INLINE Vec load(const float *from, int count)
{
    const Lanes d;
    if (count >= int(hn::Lanes(d)))
        return hn::LoadU(d, from);
    alignas(64) float padded[HWY_MAX_BYTES / sizeof(float)] = {};
    std::copy_n(from, count, padded);
    return hn::Load(d, padded);
}

HWY_INLINE void store(Vec v, float *to, int count)
{
    const Lanes d;
    if (count >= int(hn::Lanes(d))) {
        hn::StoreU(v, d, to);
        return;
    }
    alignas(64) float padded[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(v, d, padded);
    std::copy_n(padded, count, to);
}

// Numerator, denominator and maximum of a vector of channels.
struct Sums {
    Vec A, B, P;
};

// The sums with one more value, which counts e^weight; all relative to the new maximum.
HWY_INLINE Sums with(const Sums &old, Vec weight, Vec value)
{
    const Lanes d;
    const Vec maximum = hn::Max(old.P, weight);
    const Vec before = hn::Exp(d, hn::Sub(old.P, maximum)), now = hn::Exp(d, hn::Sub(weight, maximum));
    return {hn::MulAdd(before, old.A, hn::Mul(now, value)), hn::MulAdd(before, old.B, now), maximum};
}

// All rows of sequence b for the `count` channels from c on, at most a vector of them.
HWY_INLINE void advance(const Wkv4Args &p, int b, int c, int count)
{
    const Vec logDecay = load(p.logDecay + c, count), bonus = load(p.bonus + c, count);
    Sums sums{load(p.numerators[b] + c, count), load(p.denominators[b] + c, count),
              load(p.maxima[b] + c, count)};
    for (int t = p.map.firstRow[b]; t < p.map.firstRow[b + 1]; ++t) {
        const std::size_t at = std::size_t(t) * std::size_t(p.width) + std::size_t(c);
        const Vec k = load(p.k + at, count), v = load(p.v + at, count);
        const Sums read = with(sums, hn::Add(bonus, k), v);
        store(hn::Div(read.A, read.B), p.out + at, count);
        sums.P = hn::Add(sums.P, logDecay);
        sums = with(sums, k, v);
    }
    store(sums.A, p.numerators[b] + c, count);
    store(sums.B, p.denominators[b] + c, count);
    store(sums.P, p.maxima[b] + c, count);
}

// Channels are counted through all sequences: channel c of sequence b is number b * C + c.
void wkv4Channels(const Wkv4Args &p, int begin, int end)
{
    const int lanes = int(hn::Lanes(Lanes()));
    while (begin < end) {
        const int b = begin / p.width, c = begin % p.width;
        const int count = std::min({lanes, end - begin, p.width - c});
        advance(p, b, c, count);
        begin += count;
    }
}

} // namespace volary::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace volary::cpu {
HWY_EXPORT(wkv4Channels);

void wkv4(const Wkv4Args &p, Parallel &parallel)
{
    // Below about 2,048 numbers, each with four exponentials, one thread is faster than two. In cache lines,
    // so that threads rarely write to the same one.
    const int rows = p.map.rows / p.map.sequences;
    const int grain = std::max(1, 2048 / (16 * rows)) * 16;
    parallel.forRanges(p.map.sequences * p.width, grain, [&](int begin, int end) {
        HWY_DYNAMIC_DISPATCH(wkv4Channels)(p, begin, end);
    });
}

} // namespace volary::cpu
#endif
