// The recurrence of RWKV-5 and RWKV-6.
//
// One piece of work owns one head of one sequence for all its rows. A head's state (16 KiB at N = 64) stays
// in the first level cache from row to row. Vectors run along the value columns, so every sum over the keys
// is a sum of vectors in the order of the keys, and no lane ever meets another.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/wkv5.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/ops.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace volary::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;

// The five vectors of one head and token, N numbers each.
struct HeadInputs {
    const float *r, *decay, *k, *v, *bonus;
};

// `Columns` vectors of value columns, starting at column j.
template <int Columns>
HWY_INLINE void advanceColumns(float *S, const HeadInputs &p, float *out, int N, int j)
{
    const Lanes d;
    const std::size_t lanes = hn::Lanes(d);
    Vec v[Columns], read[Columns];
    for (int c = 0; c < Columns; ++c) {
        v[c] = hn::LoadU(d, p.v + j + std::size_t(c) * lanes);
        read[c] = hn::Zero(d);
    }
    float *row = S + j;
    for (int i = 0; i < N; ++i, row += N) {
        const Vec r = hn::Set(d, p.r[i]), k = hn::Set(d, p.k[i]);
        const Vec bonus = hn::Set(d, p.bonus[i]), decay = hn::Set(d, p.decay[i]);
        for (int c = 0; c < Columns; ++c) {
            float *at = row + std::size_t(c) * lanes;
            const Vec s = hn::LoadU(d, at), written = hn::Mul(k, v[c]);
            read[c] = hn::MulAdd(r, hn::MulAdd(bonus, written, s), read[c]);
            hn::StoreU(hn::MulAdd(decay, s, written), d, at);
        }
    }
    for (int c = 0; c < Columns; ++c)
        hn::StoreU(read[c], d, out + j + std::size_t(c) * lanes);
}

// The columns that do not fill a vector. Published models have heads of 64; this serves the odd ones.
void advanceRest(float *S, const HeadInputs &p, float *out, int N, int j)
{
    for (; j < N; ++j) {
        float read = 0;
        for (int i = 0; i < N; ++i) {
            float &s = S[std::size_t(i) * std::size_t(N) + std::size_t(j)];
            const float written = p.k[i] * p.v[j];
            read += p.r[i] * (s + p.bonus[i] * written);
            s = p.decay[i] * s + written;
        }
        out[j] = read;
    }
}

void advance(float *S, const HeadInputs &p, float *out, int N)
{
    const int lanes = int(hn::Lanes(Lanes()));
    int j = 0;
    for (; j + 4 * lanes <= N; j += 4 * lanes)
        advanceColumns<4>(S, p, out, N, j);
    for (; j + lanes <= N; j += lanes)
        advanceColumns<1>(S, p, out, N, j);
    advanceRest(S, p, out, N, j);
}

// Heads are counted through all sequences: head h of sequence b is number b * H + h.
void wkv5Heads(const Wkv5Args &p, int begin, int end)
{
    const auto N = std::size_t(p.headSize), width = std::size_t(p.heads) * N;
    for (int head = begin; head < end; ++head) {
        const int b = head / p.heads;
        const auto h = std::size_t(head % p.heads);
        float *S = p.states[b] + h * N * N;
        for (int t = p.map.firstRow[b]; t < p.map.firstRow[b + 1]; ++t) {
            const std::size_t at = std::size_t(t) * width + h * N;
            const float *decay = p.decay + (p.decayPerRow ? at : h * N);
            advance(S, {p.r + at, decay, p.k + at, p.v + at, p.bonus + h * N}, p.out + at, p.headSize);
        }
    }
}

} // namespace volary::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace volary::cpu {
HWY_EXPORT(wkv5Heads);

void wkv5(const Wkv5Args &p, Parallel &parallel)
{
    parallel.forRanges(p.map.sequences * p.heads, 1, [&](int begin, int end) {
        HWY_DYNAMIC_DISPATCH(wkv5Heads)(p, begin, end);
    });
}

} // namespace volary::cpu
#endif
