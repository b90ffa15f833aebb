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

template <int N>
__global__ void __launch_bounds__(N) advance5InRegisters(Wkv5Args p)
{
    __shared__ float r[2][N], decay[2][N], k[2][N], bonus[N];
    const int h = int(blockIdx.x), b = int(blockIdx.y), j = int(threadIdx.x);
    const int first = p.map.firstRow[b], end = p.map.firstRow[b + 1];
    float *S = p.states[b] + std::int64_t(h) * N * N;
    ValueColumn5<N> column;
    column.load(S, j);
    bonus[j] = p.bonus[h * N + j];
    for (int t = first; t < end; ++t) {
        const std::int64_t at = (std::int64_t(t) * p.heads + h) * N + j;
        const int half = t % 2; // the other one may still be read
        r[half][j] = p.r[at];
        decay[half][j] = p.decay[p.decayPerRow ? at : std::int64_t(h) * N + j];
        k[half][j] = p.k[at];
        const float v = p.v[at];
        __syncthreads();
        p.out[at] = column.advance(r[half], decay[half], k[half], bonus, v);
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
