// Softmax attention over kept rows.
//
// One piece of work is one head of one row: tile by tile of positions, first the scores, then the weighted
// sum of the values. Vectors run along the channels of the head.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "core/base/half.h"
#include "kernels/cpu/ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace volary::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;

HWY_INLINE Vec load(const float *at)
{
    return hn::LoadU(Lanes(), at);
}
HWY_INLINE Vec load(const hwy::float16_t *at)
{
    return hn::PromoteTo(Lanes(), hn::LoadU(hn::Rebind<hwy::float16_t, Lanes>(), at));
}
HWY_INLINE float number(float x)
{
    return x;
}
HWY_INLINE float number(hwy::float16_t x)
{
    std::uint16_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return f16ToFloat(bits);
}

template <typename T>
HWY_INLINE float dot(const float *a, const T *b, int n)
{
    const Lanes d;
    const int lanes = int(hn::Lanes(d));
    Vec sum = hn::Zero(d);
    int c = 0;
    for (; c + lanes <= n; c += lanes)
        sum = hn::MulAdd(hn::LoadU(d, a + c), load(b + c), sum);
    float total = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; c < n; ++c)
        total += a[c] * number(b[c]);
    return total;
}

// weights[i] = exp(weights[i] - largest); returns their sum.
HWY_INLINE float exponentiate(float *weights, std::size_t count, float largest)
{
    const Lanes d;
    const std::size_t lanes = hn::Lanes(d);
    const Vec subtracted = hn::Set(d, largest);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes)
        hn::StoreU(hn::Exp(d, hn::Sub(hn::LoadU(d, weights + i), subtracted)), d, weights + i);
    for (; i < count; ++i)
        weights[i] = hn::GetLane(hn::Exp(d, hn::Set(d, weights[i] - largest)));
    float sum = 0;
    for (std::size_t k = 0; k < count; ++k)
        sum += weights[k];
    return sum;
}

// out[c] = shrink * out[c] + sum_i weights[i] * values[i][c], for `Columns` vectors of channels.
template <int Columns, typename T>
HWY_INLINE void readColumns(const float *weights, const T *values, float *out, std::size_t count,
                            std::size_t stride, float shrink)
{
    const Lanes d;
    const std::size_t lanes = hn::Lanes(d);
    Vec read[Columns];
    for (int k = 0; k < Columns; ++k)
        read[k] = hn::Mul(hn::Set(d, shrink), hn::LoadU(d, out + std::size_t(k) * lanes));
    for (std::size_t i = 0; i < count; ++i) {
        const Vec weight = hn::Set(d, weights[i]);
        for (int k = 0; k < Columns; ++k)
            read[k] = hn::MulAdd(weight, load(values + i * stride + std::size_t(k) * lanes), read[k]);
    }
    for (int k = 0; k < Columns; ++k)
        hn::StoreU(read[k], d, out + std::size_t(k) * lanes);
}

// One head of one row meets `count` positions of one tile.
template <typename T>
HWY_INLINE void attend(const float *q, const T *keys, const T *values, float *out, float &maximum, float &sum,
                       std::size_t count, std::size_t stride, int headSize)
{
    const float scale = 1 / std::sqrt(float(headSize));
    float weights[kAttentionTile];
    float largest = maximum;
    for (std::size_t i = 0; i < count; ++i) {
        weights[i] = dot(q, keys + i * stride, headSize) * scale;
        largest = std::max(largest, weights[i]);
    }
    const Lanes d;
    const float shrink = hn::GetLane(hn::Exp(d, hn::Set(d, maximum - largest)));
    sum = sum * shrink + exponentiate(weights, count, largest);
    maximum = largest;
    const int lanes = int(hn::Lanes(d));
    int c = 0;
    for (; c + 4 * lanes <= headSize; c += 4 * lanes)
        readColumns<4>(weights, values + c, out + c, count, stride, shrink);
    for (; c + lanes <= headSize; c += lanes)
        readColumns<1>(weights, values + c, out + c, count, stride, shrink);
    for (; c < headSize; ++c) {
        float read = shrink * out[c];
        for (std::size_t i = 0; i < count; ++i)
            read += weights[i] * number(values[i * stride + std::size_t(c)]);
        out[c] = read;
    }
}

// Heads are counted through all rows: head h of row t is number t * H + h.
template <typename T>
void attendHeads(const AttentionArgs &p, int begin, int end)
{
    const auto N = std::size_t(p.headSize), keyWidth = std::size_t(p.keyHeads) * N;
    const auto *keys = static_cast<const T *>(p.keys);
    const auto *values = static_cast<const T *>(p.values);
    for (int head = begin; head < end; ++head) {
        const std::int64_t last = std::min(p.until, p.first + head / p.heads + 1);
        const std::size_t group =
            std::size_t(head % p.heads) * std::size_t(p.keyHeads) / std::size_t(p.heads) * N;
        const std::size_t at = std::size_t(head) * N;
        for (std::int64_t tile = p.from; tile < last; tile += kAttentionTile) {
            const std::size_t row = std::size_t(tile - p.from) * keyWidth + group;
            attend(p.q + at, keys + row, values + row, p.out + at, p.maxima[head], p.sums[head],
                   std::size_t(std::min<std::int64_t>(kAttentionTile, last - tile)), keyWidth, p.headSize);
        }
    }
}

void attentionHeads(const AttentionArgs &p, int begin, int end)
{
    if (p.type == DType::F16)
        attendHeads<hwy::float16_t>(p, begin, end);
    else
        attendHeads<float>(p, begin, end);
}

void keepHalves(const KeepRowsArgs &p)
{
    const Lanes d;
    const hn::Rebind<hwy::float16_t, Lanes> half;
    const auto lanes = std::int64_t(hn::Lanes(d));
    auto *to = static_cast<std::uint16_t *>(p.to);
    std::int64_t i = 0;
    for (; i + lanes <= p.count; i += lanes)
        hn::StoreU(hn::DemoteTo(half, hn::LoadU(d, p.x + i)), half,
                   reinterpret_cast<hwy::float16_t *>(to + i));
    for (; i < p.count; ++i)
        to[i] = floatToF16(p.x[i]);
}

} // namespace volary::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace volary::cpu {
HWY_EXPORT(attentionHeads);
HWY_EXPORT(keepHalves);

void attention(const AttentionArgs &p, Parallel &parallel)
{
    parallel.forRanges(p.rows * p.heads, 1, [&](int begin, int end) {
        HWY_DYNAMIC_DISPATCH(attentionHeads)(p, begin, end);
    });
}

void keepRows(const KeepRowsArgs &p)
{
    if (p.type == DType::F16)
        HWY_DYNAMIC_DISPATCH(keepHalves)(p);
    else
        std::memcpy(p.to, p.x, std::size_t(p.count) * sizeof(float));
}

} // namespace volary::cpu
#endif
