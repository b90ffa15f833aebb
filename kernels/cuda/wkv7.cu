// A block per head and sequence. For the usual head sizes four threads keep a value row of the state in
// registers over all rows; other sizes work on it where it lies, a warp per value row.
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

// What all value rows need of one token.
template <int N>
struct Token {
    float r[N], w[N], k[N], kappa[N], learned[N]; // learned: kappa * a
};

template <int N>
__global__ void __launch_bounds__(ValueRow7<N>::kThreads) advance7InRegisters(Wkv7Args p)
{
    __shared__ Token<N> tokens[2];
    const int h = int(blockIdx.x), b = int(blockIdx.y), thread = int(threadIdx.x);
    const int i = thread / ValueRow7<N>::kParts;
    const int end = p.map.firstRow[b + 1];
    float *S = p.states[b] + std::int64_t(h) * N * N;
    ValueRow7<N> row;
    row.load(S, thread);
    for (int t = p.map.firstRow[b]; t < end; ++t) {
        const std::int64_t at = (std::int64_t(t) * p.heads + h) * N;
        Token<N> &token = tokens[t % 2]; // the other one may still be read
        const int j = thread % N;
        switch (thread / N) {
        case 0: token.r[j] = p.r[at + j]; break;
        case 1: token.w[j] = p.w[at + j]; break;
        case 2: token.k[j] = p.k[at + j]; break;
        default:
            token.kappa[j] = p.kappa[at + j];
            token.learned[j] = p.kappa[at + j] * p.a[at + j];
            break;
        }
        const float v = p.v[at + i];
        __syncthreads();
        const float read = row.advance(token.r, token.w, token.k, token.kappa, token.learned, v);
        if (thread % ValueRow7<N>::kParts == 0)
            p.out[at + i] = read;
    }
    row.save(S, thread);
}

} // namespace

void wkv7(const Wkv7Args &p, cudaStream_t stream)
{
    const dim3 grid(unsigned(p.heads), unsigned(p.map.sequences));
    if (p.headSize == 64)
        launch(advance7InRegisters<64>, grid, dim3(ValueRow7<64>::kThreads), stream, p);
    else if (p.headSize == 32)
        launch(advance7InRegisters<32>, grid, dim3(ValueRow7<32>::kThreads), stream, p);
    else
        launch(advance7, grid, dim3(kBlock), stream, p);
}

} // namespace volary::cuda
