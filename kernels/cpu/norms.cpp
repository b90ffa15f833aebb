// The ops that need a sum over a row or a head before they can write anything.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/norms.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/ops.h"

#include <algorithm>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace volary::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;

// The sum over i of f(x[i]); `scalar` says the same of the numbers that do not fill a vector.
template <typename Function, typename Scalar>
HWY_INLINE float sumOf(const float *x, int n, Function f, Scalar scalar)
{
    const Lanes d;
    const int lanes = int(hn::Lanes(d));
    Vec sum = hn::Zero(d);
    int i = 0;
    for (; i + lanes <= n; i += lanes)
        sum = hn::Add(sum, f(hn::LoadU(d, x + i)));
    float total = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; i < n; ++i)
        total += scalar(x[i]);
    return total;
}

HWY_INLINE void normalize(const float *x, const float *scale, const float *shift, float *out, int n,
                          float epsilon)
{
    const Lanes d;
    const int lanes = int(hn::Lanes(d));
    const float mean = sumOf(
                           x, n, [](Vec v) { return v; }, [](float v) { return v; }) /
                       float(n);
    const Vec means = hn::Set(d, mean);
    const float squares = sumOf(
        x, n,
        [&](Vec v) {
            const Vec c = hn::Sub(v, means);
            return hn::Mul(c, c);
        },
        [&](float v) { return (v - mean) * (v - mean); });
    const float factor = 1 / std::sqrt(squares / float(n) + epsilon);
    const Vec factors = hn::Set(d, factor);
    int i = 0;
    for (; i + lanes <= n; i += lanes) {
        const Vec centred = hn::Mul(hn::Sub(hn::LoadU(d, x + i), means), factors);
        hn::StoreU(hn::MulAdd(centred, hn::LoadU(d, scale + i), hn::LoadU(d, shift + i)), d, out + i);
    }
    for (; i < n; ++i)
        out[i] = (x[i] - mean) * factor * scale[i] + shift[i];
}

void layerNormRows(const LayerNormArgs &p, int begin, int end)
{
    for (int t = begin; t < end; ++t) {
        const std::size_t at = std::size_t(t) * std::size_t(p.width);
        normalize(p.x + at, p.scale, p.shift, p.out + at, p.width, p.epsilon);
    }
}

// Heads are counted through all rows: head h of row t is number t * H + h.
void groupNormHeads(const GroupNormArgs &p, int begin, int end)
{
    for (int head = begin; head < end; ++head) {
        const std::size_t at = std::size_t(head) * std::size_t(p.headSize);
        const std::size_t channel = std::size_t(head % p.heads) * std::size_t(p.headSize);
        normalize(p.x + at, p.scale + channel, p.shift + channel, p.out + at, p.headSize, p.epsilon);
    }
}

void unitHeads(const NormalizeHeadsArgs &p, int begin, int end)
{
    const Lanes d;
    const int lanes = int(hn::Lanes(d)), n = p.headSize;
    for (int head = begin; head < end; ++head) {
        const float *x = p.x + std::size_t(head) * std::size_t(n);
        float *out = p.out + std::size_t(head) * std::size_t(n);
        const float squares = sumOf(
            x, n, [](Vec v) { return hn::Mul(v, v); }, [](float v) { return v * v; });
        const float factor = 1 / std::max(std::sqrt(squares), 1e-12f);
        int i = 0;
        for (; i + lanes <= n; i += lanes)
            hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::Set(d, factor)), d, out + i);
        for (; i < n; ++i)
            out[i] = x[i] * factor;
    }
}

void rmsNormRows(const RmsNormArgs &p, int begin, int end)
{
    const Lanes d;
    const int lanes = int(hn::Lanes(d)), n = p.width;
    for (int t = begin; t < end; ++t) {
        const std::size_t at = std::size_t(t) * std::size_t(n);
        const float *x = p.x + at;
        float *out = p.out + at;
        const float squares = sumOf(
            x, n, [](Vec v) { return hn::Mul(v, v); }, [](float v) { return v * v; });
        const float factor = 1 / (std::sqrt(squares / float(n) + p.epsilonInRoot) + p.epsilon);
        int i = 0;
        for (; i + lanes <= n; i += lanes)
            hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::Set(d, factor)), d, out + i);
        for (; i < n; ++i)
            out[i] = x[i] * factor;
    }
}

} // namespace volary::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace volary::cpu {
HWY_EXPORT(layerNormRows);
HWY_EXPORT(groupNormHeads);
HWY_EXPORT(unitHeads);
HWY_EXPORT(rmsNormRows);

namespace {
constexpr int kGrain = 16384; // numbers; below that one thread is faster than two
}

void layerNorm(const LayerNormArgs &p, Parallel &parallel)
{
    parallel.forRanges(p.rows, std::max(1, kGrain / p.width), [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(layerNormRows)(p, b, e);
    });
}

void groupNorm(const GroupNormArgs &p, Parallel &parallel)
{
    parallel.forRanges(p.rows * p.heads, std::max(1, kGrain / p.headSize), [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(groupNormHeads)(p, b, e);
    });
}

void normalizeHeads(const NormalizeHeadsArgs &p, Parallel &parallel)
{
    parallel.forRanges(p.rows * p.heads, std::max(1, kGrain / p.headSize), [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(unitHeads)(p, b, e);
    });
}

void rmsNorm(const RmsNormArgs &p, Parallel &parallel)
{
    parallel.forRanges(p.rows, std::max(1, kGrain / p.width), [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(rmsNormRows)(p, b, e);
    });
}

} // namespace volary::cpu
#endif
