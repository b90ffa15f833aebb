// A block per head and sequence, a thread per value column. For the usual head sizes a thread keeps its
// column of the state in registers over all rows; other sizes work on it where it lies.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/ops.h"
#include "kernels/cuda/wkv5.cuh"

namespace volary::cuda {

namespace {

constexpr int kBlock = 64;
constexpr int kTile = 64; // key rows whose vectors are in shared memory at once

__global__ void __launch_bounds__(kBlock) advance5(Wkv5Args p)
{
    __shared__ float r[kTile], decay[kTile], k[kTile], bonus[kTile];
    const int h = int(blockIdx.x), b = int(blockIdx.y), N = p.headSize;
    float *S = p.states[b] + std::int64_t(h) * N * N;
    for (int t = p.map.firstRow[b]; t < p.map.firstRow[b + 1]; ++t) {
        const std::int64_t at = (std::int64_t(t) * p.heads + h) * N;
        const float *decayRow = p.decay + (p.decayPerRow ? at : std::int64_t(h) * N);
        for (int j0 = 0; j0 < N; j0 += kBlock) {
            const int j = j0 + int(threadIdx.x);
            const float v = j < N ? p.v[at + j] : 0;
            float read = 0;
            for (int i0 = 0; i0 < N; i0 += kTile) {
                __syncthreads(); // the last tile has been used by everybody
                const int mine = i0 + int(threadIdx.x);
                if (mine < N) {
                    r[threadIdx.x] = p.r[at + mine];
                    decay[threadIdx.x] = decayRow[mine];
                    k[threadIdx.x] = p.k[at + mine];
                    bonus[threadIdx.x] = p.bonus[h * N + mine];
                }
                __syncthreads();
                for (int i = 0; i < min(kTile, N - i0) && j < N; ++i) {
                    float &s = S[std::int64_t(i0 + i) * N + j];
                    const float written = k[i] * v;
                    read = fmaf(r[i], fmaf(bonus[i], written, s), read);
                    s = fmaf(decay[i], s, written);
                }
            }
            if (j < N)
                p.out[at + j] = read;
        }
    }
}

constexpr int kAhead = 4; // tokens that are on their way while as many are worked on

template <int N>
__global__ void __launch_bounds__(N) advance5InRegisters(Wkv5Args p)
{
    __shared__ float r[2][kAhead][N], decay[2][kAhead][N], k[2][kAhead][N], bonus[N];
    const int h = int(blockIdx.x), b = int(blockIdx.y), j = int(threadIdx.x);
    const int first = p.map.firstRow[b], end = p.map.firstRow[b + 1];
    float *S = p.states[b] + std::int64_t(h) * N * N;
    ValueColumn5<N> column;
    column.load(S, j);
    bonus[j] = p.bonus[h * N + j];
    const auto placeOf = [&](int t) { return (std::int64_t(t) * p.heads + h) * N + j; };

    float numbers[4][kAhead];
    const auto fetch = [&](int from) {
#pragma unroll
        for (int n = 0; n < kAhead; ++n) {
            if (from + n >= end)
                continue;
            const std::int64_t at = placeOf(from + n);
            numbers[0][n] = p.r[at];
            numbers[1][n] = p.decay[p.decayPerRow ? at : std::int64_t(h) * N + j];
            numbers[2][n] = p.k[at];
            numbers[3][n] = p.v[at];
        }
    };
    fetch(first);
    for (int from = first, turn = 0; from < end; from += kAhead, turn = 1 - turn) {
        float v[kAhead];
#pragma unroll
        for (int n = 0; n < kAhead; ++n) { // the other half may still be read
            r[turn][n][j] = numbers[0][n];
            decay[turn][n][j] = numbers[1][n];
            k[turn][n][j] = numbers[2][n];
            v[n] = numbers[3][n];
        }
        __syncthreads();
        fetch(from + kAhead);
#pragma unroll
        for (int n = 0; n < kAhead; ++n) {
            if (from + n < end)
                p.out[placeOf(from + n)] =
                    column.advance(r[turn][n], decay[turn][n], k[turn][n], bonus, v[n]);
        }
    }
    column.save(S, j);
}

} // namespace

void wkv5(const Wkv5Args &p, cudaStream_t stream)
{
    const dim3 grid(unsigned(p.heads), unsigned(p.map.sequences));
    if (p.headSize == 64)
        launch(advance5InRegisters<64>, grid, dim3(64), stream, p);
    else if (p.headSize == 32)
        launch(advance5InRegisters<32>, grid, dim3(32), stream, p);
    else
        launch(advance5, grid, dim3(kBlock), stream, p);
}

} // namespace volary::cuda
