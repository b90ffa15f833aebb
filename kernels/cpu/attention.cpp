// Softmax attention over kept rows.
//
// One piece of work is one head of one row: first all scores, then the weighted sum of the values, positions
// in their order, so that a row's result does not depend on what is computed beside it. Vectors run along the
// channels of the head.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "kernels/cpu/ops.h"

#include <algorithm>
#include <cmath>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace volary::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;

HWY_INLINE float dot(const float *a, const float *b, int n)
{
    const Lanes d;
    const int lanes = int(hn::Lanes(d));
    Vec sum = hn::Zero(d);
    int c = 0;
    for (; c + lanes <= n; c += lanes)
        sum = hn::MulAdd(hn::LoadU(d, a + c), hn::LoadU(d, b + c), sum);
    float total = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; c < n; ++c)
        total += a[c] * b[c];
    return total;
}

// weights[i] = exp(weights[i] - the largest of them); returns their sum.
HWY_INLINE float exponentiate(float *weights, std::size_t count)
{
    const Lanes d;
    const std::size_t lanes = hn::Lanes(d);
    const float largest = *std::max_element(weights, weights + count);
    const Vec subtracted = hn::Set(d, largest);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes)
        hn::StoreU(hn::Exp(d, hn::Sub(hn::LoadU(d, weights + i), subtracted)), d, weights + i);
    for (; i < count; ++i)
        weights[i] = hn::GetLane(hn::Exp(d, hn::Set(d, weights[i] - largest)));
    double sum = 0; // of up to a million numbers that differ by orders of magnitude
    for (std::size_t k = 0; k < count; ++k)
        sum += double(weights[k]);
    return float(sum);
}

// out[c] = sum_i weights[i] * values[i][c] / sum, for `Columns` vectors of channels.
template <int Columns>
HWY_INLINE void readColumns(const float *weights, const float *values, float *out, std::size_t count,
                            std::size_t stride, float sum)
{
    const Lanes d;
    const std::size_t lanes = hn::Lanes(d);
    Vec read[Columns];
    for (int k = 0; k < Columns; ++k)
        read[k] = hn::Zero(d);
    for (std::size_t i = 0; i < count; ++i) {
        const Vec weight = hn::Set(d, weights[i]);
        for (int k = 0; k < Columns; ++k)
            read[k] = hn::MulAdd(weight, hn::LoadU(d, values + i * stride + std::size_t(k) * lanes), read[k]);
    }
    for (int k = 0; k < Columns; ++k)
        hn::StoreU(hn::Div(read[k], hn::Set(d, sum)), d, out + std::size_t(k) * lanes);
}

void attend(const float *q, const float *keys, const float *values, float *out, std::size_t count,
            std::size_t stride, int headSize, std::vector<float> &weights)
{
    const float scale = 1 / std::sqrt(float(headSize));
    weights.resize(count);
    for (std::size_t i = 0; i < count; ++i)
        weights[i] = dot(q, keys + i * stride, headSize) * scale;
    const float sum = exponentiate(weights.data(), count);
    const int lanes = int(hn::Lanes(Lanes()));
    int c = 0;
    for (; c + 4 * lanes <= headSize; c += 4 * lanes)
        readColumns<4>(weights.data(), values + c, out + c, count, stride, sum);
    for (; c + lanes <= headSize; c += lanes)
        readColumns<1>(weights.data(), values + c, out + c, count, stride, sum);
    for (; c < headSize; ++c) {
        float read = 0;
        for (std::size_t i = 0; i < count; ++i)
            read += weights[i] * values[i * stride + std::size_t(c)];
        out[c] = read / sum;
    }
}

// Heads are counted through all rows: head h of row t is number t * H + h.
void attentionHeads(const AttentionArgs &p, int begin, int end)
{
    const auto N = std::size_t(p.headSize), width = std::size_t(p.heads) * N,
               keyWidth = std::size_t(p.keyHeads) * N;
    const RowMap &map = p.positions.map;
    std::vector<float> weights;
    for (int head = begin; head < end; ++head) {
        const int t = head / p.heads;
        const auto h = std::size_t(head % p.heads);
        const auto b =
            std::size_t(std::upper_bound(map.firstRow, map.firstRow + map.sequences, t) - map.firstRow - 1);
        const auto count = std::size_t(p.positions.first[b] + t - map.firstRow[b] + 1);
        const std::size_t at = std::size_t(t) * width + h * N;
        const std::size_t group = h * std::size_t(p.keyHeads) / std::size_t(p.heads) * N;
        attend(p.q + at, p.keys[b] + group, p.values[b] + group, p.out + at, count, keyWidth, p.headSize,
               weights);
    }
}

} // namespace volary::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace volary::cpu {
HWY_EXPORT(attentionHeads);

void attention(const AttentionArgs &p, Parallel &parallel)
{
    parallel.forRanges(p.positions.map.rows * p.heads, 1, [&](int begin, int end) {
        HWY_DYNAMIC_DISPATCH(attentionHeads)(p, begin, end);
    });
}

} // namespace volary::cpu
#endif
