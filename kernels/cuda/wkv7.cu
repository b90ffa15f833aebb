// For the usual head sizes four threads keep a value row of the state in registers over all rows, in blocks of
// a quarter of a head; other sizes work on it where it lies, a block per head and a warp per value row.
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

// What all value rows need of a token, and what each row writes of it.
template <int N>
struct alignas(16) Token {
    float r[N], w[N], k[N], kappa[N], learned[N], v[N]; // learned: kappa * a
};

constexpr int kAhead = 4;  // tokens that are on their way while as many are worked on
constexpr int kSlices = 4; // of a head's value rows, each a block of its own

// A token costs less time than memory takes to answer, so the next few are always under way. The value rows
// of a head do not know of each other: spread over several multiprocessors they take turns less.
template <int N>
__global__ void __launch_bounds__(ValueRow7<N>::kThreads / kSlices) advance7InRegisters(Wkv7Args p)
{
    constexpr int kThreads = ValueRow7<N>::kThreads / kSlices, kRows = N / kSlices;
    constexpr int kNumbers = kAhead * N / kThreads; // of each vector, that a thread fetches
    static_assert(kAhead * N % kThreads == 0);
    __shared__ Token<N> tokens[2][kAhead];
    const int h = int(blockIdx.x), b = int(blockIdx.y), thread = int(threadIdx.x);
    const int firstRow = int(blockIdx.z) * kRows, i = firstRow + thread / ValueRow7<N>::kParts;
    const int first = p.map.firstRow[b], end = p.map.firstRow[b + 1];
    float *S = p.states[b] + std::int64_t(h) * N * N;
    ValueRow7<N> row;
    row.load(S, firstRow * ValueRow7<N>::kParts + thread);

    float numbers[6][kNumbers];
    const auto fetch = [&](int from) {
#pragma unroll
        for (int n = 0; n < kNumbers; ++n) {
            const int item = thread + n * kThreads, t = from + item / N;
            if (t >= end)
                continue;
            const std::int64_t at = (std::int64_t(t) * p.heads + h) * N + item % N;
            numbers[0][n] = p.r[at];
            numbers[1][n] = p.w[at];
            numbers[2][n] = p.k[at];
            numbers[3][n] = p.kappa[at];
            numbers[4][n] = p.a[at];
            numbers[5][n] = p.v[at];
        }
    };
    const auto keep = [&](Token<N> *to) {
#pragma unroll
        for (int n = 0; n < kNumbers; ++n) {
            const int item = thread + n * kThreads, j = item % N;
            Token<N> &token = to[item / N];
            token.r[j] = numbers[0][n];
            token.w[j] = numbers[1][n];
            token.k[j] = numbers[2][n];
            token.kappa[j] = numbers[3][n];
            token.learned[j] = numbers[3][n] * numbers[4][n];
            token.v[j] = numbers[5][n];
        }
    };
    fetch(first);
    for (int from = first, turn = 0; from < end; from += kAhead, turn = 1 - turn) {
        keep(tokens[turn]); // the other half may still be read
        __syncthreads();
        fetch(from + kAhead);
        const auto advance = [&](int t) {
            const Token<N> &token = tokens[turn][t];
            return row.advance(token.r, token.w, token.k, token.kappa, token.learned, token.v[i]);
        };
        const auto write = [&](int t, float4 parts) {
            const float read = ValueRow7<N>::sum(parts);
            if (thread % ValueRow7<N>::kParts == 0)
                p.out[(std::int64_t(from + t) * p.heads + h) * N + i] = read;
        };
        if (end - from >= kAhead) {
            // What is read is summed and written at the end: the state need not wait for it.
            float4 parts[kAhead];
#pragma unroll
            for (int t = 0; t < kAhead; ++t)
                parts[t] = advance(t);
#pragma unroll
            for (int t = 0; t < kAhead; ++t)
                write(t, parts[t]);
        } else {
            for (int t = 0; t < end - from; ++t)
                write(t, advance(t));
        }
    }
    row.save(S, firstRow * ValueRow7<N>::kParts + thread);
}

template <int N>
void startInRegisters(const Wkv7Args &p, cudaStream_t stream)
{
    launch(advance7InRegisters<N>, dim3(unsigned(p.heads), unsigned(p.map.sequences), kSlices),
           dim3(ValueRow7<N>::kThreads / kSlices), stream, p);
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
