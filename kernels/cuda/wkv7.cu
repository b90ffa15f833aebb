// For the usual head sizes a few threads keep a value row of the state in registers over all rows, in blocks
// of a quarter of a head; other sizes work on it where it lies, a block per head and a warp per value row.
#include "kernels/cuda/ops.h"
#include "kernels/cuda/wkv7.cuh"

namespace volary::cuda {

namespace {

constexpr int kBlock = 128;

__global__ void __launch_bounds__(kBlock) advance7(Wkv7Args p)
{
    const int h = int(blockIdx.x), b = int(blockIdx.y), N = p.headSize;
    const int warp = int(threadIdx.x) / kWarp, lane = int(threadIdx.x) % kWarp;
    for (int i = warp; i < N; i += kBlock / kWarp) {
        float *row = p.states[b] + (std::int64_t(h) * N + i) * N;
        for (int t = p.map.firstRow[b]; t < p.map.firstRow[b + 1]; ++t) {
            const std::int64_t at = (std::int64_t(t) * p.heads + h) * N;
            float forgotten = 0;
            for (int j = lane; j < N; j += kWarp)
                forgotten = fmaf(row[j], p.kappa[at + j], forgotten);
            forgotten = warpSum(forgotten);
            const float v = p.v[at + i];
            float read = 0;
            for (int j = lane; j < N; j += kWarp) {
                const float written = fmaf(-forgotten, p.kappa[at + j] * p.a[at + j], v * p.k[at + j]);
                row[j] = fmaf(row[j], p.w[at + j], written);
                read = fmaf(row[j], p.r[at + j], read);
            }
            read = warpSum(read);
            if (lane == 0)
                p.out[at + i] = read;
        }
    }
}

// What all value rows need of a token. learned: kappa * a.
template <int N>
struct alignas(16) Token {
    float r[N], w[N], k[N], kappa[N], learned[N], v[N];
};

constexpr int kAhead = 8;   // tokens that are on their way while as many are worked on
constexpr int kSlices = 4;  // of a head's value rows, each a block of its own
constexpr int kSharers = 8; // threads of a value row

// A token costs less time than memory takes to answer, so the next few are always under way. The value rows
// of a head do not know of each other: spread over several multiprocessors they take turns less.
template <int N>
__global__ void __launch_bounds__(N *kSharers / kSlices) advance7InRegisters(Wkv7Args p)
{
    using Row = ValueRow7<N, kSharers>;
    constexpr int kThreads = Row::kThreads / kSlices;
    static_assert(kAhead * N == 4 * kThreads, "each thread fetches four numbers of each vector");
    __shared__ Token<N> tokens[2][kAhead];
    const int h = int(blockIdx.x), b = int(blockIdx.y), thread = int(threadIdx.x);
    const int mine = int(blockIdx.z) * kThreads + thread; // of all threads of the head
    const int i = mine / kSharers;
    const int first = p.map.firstRow[b], end = p.map.firstRow[b + 1];
    const std::int64_t stride = std::int64_t(p.heads) * N; // from one token to the next
    float *S = p.states[b] + std::int64_t(h) * N * N;
    Row row;
    row.load(S, mine);

    const int fetched = thread / (N / 4), column = thread % (N / 4) * 4; // which token, and where in it
    float4 r, w, k, kappa, a, v;
    const auto fetch = [&](int from) {
        if (from + fetched >= end)
            return;
        const std::int64_t at = (from + fetched) * stride + std::int64_t(h) * N + column;
        const auto four = [&](const float *vector) { return *reinterpret_cast<const float4 *>(vector + at); };
        r = four(p.r), w = four(p.w), k = four(p.k), kappa = four(p.kappa), a = four(p.a), v = four(p.v);
    };
    const auto keep = [&](Token<N> &to) {
        const auto four = [&](float *vector) -> float4 & {
            return *reinterpret_cast<float4 *>(vector + column);
        };
        four(to.r) = r, four(to.w) = w, four(to.k) = k, four(to.kappa) = kappa, four(to.v) = v;
        four(to.learned) = {kappa.x * a.x, kappa.y * a.y, kappa.z * a.z, kappa.w * a.w};
    };
    fetch(first);
    for (int from = first, turn = 0; from < end; from += kAhead, turn = 1 - turn) {
        keep(tokens[turn][fetched]); // the other half may still be read
        __syncthreads();
        fetch(from + kAhead);
        float *out = p.out + from * stride + std::int64_t(h) * N + i;
        const auto advance = [&](int t) {
            const Token<N> &token = tokens[turn][t];
            return row.advance(token.r, token.w, token.k, token.kappa, token.learned, token.v[i]);
        };
        const auto write = [&](int t, const typename Row::Sums &sums) {
            const float read = Row::sum(sums);
            if (thread % kSharers == 0)
                out[t * stride] = read;
        };
        if (end - from >= kAhead) {
            // What is read is summed and written at the end: the state need not wait for it.
            typename Row::Sums sums[kAhead];
#pragma unroll
            for (int t = 0; t < kAhead; ++t)
                sums[t] = advance(t);
#pragma unroll
            for (int t = 0; t < kAhead; ++t)
                write(t, sums[t]);
        } else {
            for (int t = 0; t < end - from; ++t)
                write(t, advance(t));
        }
    }
    row.save(S, mine);
}

template <int N>
void startInRegisters(const Wkv7Args &p, cudaStream_t stream)
{
    launch(advance7InRegisters<N>, dim3(unsigned(p.heads), unsigned(p.map.sequences), kSlices),
           dim3(N * kSharers / kSlices), stream, p);
}

} // namespace

void wkv7(const Wkv7Args &p, cudaStream_t stream)
{
    const dim3 grid(unsigned(p.heads), unsigned(p.map.sequences));
    if (p.headSize == 64)
        startInRegisters<64>(p, stream);
    else if (p.headSize == 32)
        startInRegisters<32>(p, stream);
    else
        launch(advance7, grid, dim3(kBlock), stream, p);
}

} // namespace volary::cuda
