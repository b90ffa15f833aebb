// The recurrence of RWKV-7 and the bonus that goes with it.
//
// One piece of work owns one head of one sequence for all its rows. A head's state (16 KiB at N = 64) stays
// in the first level cache from row to row; each row of it is read and written once per token.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/wkv7.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/ops.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace volary::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;

// The six vectors of one head and token.
struct HeadInputs {
    const float *r, *w, *k, *v, *kappa, *a;
};

// Any head size: one number at a time. Published models have heads of 64; this serves the odd ones.
void advanceScalar(float *S, const HeadInputs &p, float *out, int N)
{
    for (int i = 0; i < N; ++i) {
        float *row = S + std::size_t(i) * std::size_t(N);
        float forgotten = 0;
        for (int j = 0; j < N; ++j)
            forgotten += row[j] * p.kappa[j];
        float read = 0;
        for (int j = 0; j < N; ++j) {
            row[j] = row[j] * p.w[j] - forgotten * (p.kappa[j] * p.a[j]) + p.v[i] * p.k[j];
            read += row[j] * p.r[j];
        }
        out[i] = read;
    }
}

// Head sizes that fill whole vectors. Two value rows at a time share the loads of the six vectors.
void advanceVector(float *S, const HeadInputs &p, float *out, int N)
{
    const Lanes d;
    const int lanes = int(hn::Lanes(d));
    for (int i = 0; i < N; i += 2) {
        float *row0 = S + std::size_t(i) * std::size_t(N);
        float *row1 = row0 + N;
        Vec forgotten0 = hn::Zero(d), forgotten1 = hn::Zero(d);
        for (int j = 0; j < N; j += lanes) {
            const Vec kappa = hn::LoadU(d, p.kappa + j);
            forgotten0 = hn::MulAdd(hn::LoadU(d, row0 + j), kappa, forgotten0);
            forgotten1 = hn::MulAdd(hn::LoadU(d, row1 + j), kappa, forgotten1);
        }
        forgotten0 = hn::SumOfLanes(d, forgotten0);
        forgotten1 = hn::SumOfLanes(d, forgotten1);
        const Vec v0 = hn::Set(d, p.v[i]), v1 = hn::Set(d, p.v[i + 1]);
        Vec read0 = hn::Zero(d), read1 = hn::Zero(d);
        for (int j = 0; j < N; j += lanes) {
            const Vec w = hn::LoadU(d, p.w + j), k = hn::LoadU(d, p.k + j), r = hn::LoadU(d, p.r + j);
            const Vec learned = hn::Mul(hn::LoadU(d, p.kappa + j), hn::LoadU(d, p.a + j));
            const Vec kept0 = hn::NegMulAdd(forgotten0, learned, hn::Mul(hn::LoadU(d, row0 + j), w));
            const Vec kept1 = hn::NegMulAdd(forgotten1, learned, hn::Mul(hn::LoadU(d, row1 + j), w));
            const Vec next0 = hn::MulAdd(v0, k, kept0), next1 = hn::MulAdd(v1, k, kept1);
            hn::StoreU(next0, d, row0 + j);
            hn::StoreU(next1, d, row1 + j);
            read0 = hn::MulAdd(next0, r, read0);
            read1 = hn::MulAdd(next1, r, read1);
        }
        out[i] = hn::GetLane(hn::SumOfLanes(d, read0));
        out[i + 1] = hn::GetLane(hn::SumOfLanes(d, read1));
    }
}

// Heads are counted through all sequences: head h of sequence b is number b * H + h.
void wkv7Heads(const Wkv7Args &p, int begin, int end)
{
    const auto N = std::size_t(p.headSize), width = std::size_t(p.heads) * N;
    const bool wholeVectors = p.headSize % int(hn::Lanes(Lanes())) == 0 && p.headSize % 2 == 0;
    const auto advance = wholeVectors ? advanceVector : advanceScalar;
    for (int head = begin; head < end; ++head) {
        const int b = head / p.heads;
        const auto h = std::size_t(head % p.heads);
        float *S = p.states[b] + h * N * N;
        for (int t = p.map.firstRow[b]; t < p.map.firstRow[b + 1]; ++t) {
            const std::size_t at = std::size_t(t) * width + h * N;
            advance(S, {p.r + at, p.w + at, p.k + at, p.v + at, p.kappa + at, p.a + at}, p.out + at,
                    p.headSize);
        }
    }
}

} // namespace volary::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace volary::cpu {
HWY_EXPORT(wkv7Heads);

void wkv7(const Wkv7Args &p, Parallel &parallel)
{
    parallel.forRanges(p.map.sequences * p.heads, 1, [&](int begin, int end) {
        HWY_DYNAMIC_DISPATCH(wkv7Heads)(p, begin, end);
    });
}

void bonus7(const Bonus7Args &p, Parallel &)
{
    const auto n = std::size_t(p.headSize), heads = std::size_t(p.heads);
    for (std::size_t head = 0; head < std::size_t(p.rows) * heads; ++head) {
        const float *weight = p.weight + head % heads * n;
        float sum = 0;
        for (std::size_t j = 0; j < n; ++j)
            sum += p.r[head * n + j] * p.k[head * n + j] * weight[j];
        for (std::size_t j = 0; j < n; ++j)
            p.out[head * n + j] = sum * p.v[head * n + j];
    }
}

} // namespace volary::cpu
#endif
