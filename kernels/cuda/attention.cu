// Softmax attention over kept rows: a block per head and row.
//
// Warp w of the block takes the positions kAtOnce * w .. and every kWarps * kAtOnce after, and keeps a
// running maximum, the sum of the weights and the weighted values, all relative to that maximum; at the end
// the warps' parts are joined in their order. So a row's sums depend on its own position alone.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/ops.h"

namespace volary::cuda {

namespace {

constexpr int kWarps = 8;
constexpr int kAtOnce = 4; // positions whose scores a warp computes together

// The sequence that owns a row.
__device__ int sequenceOf(const RowMap &map, int row)
{
    int low = 0, high = map.sequences - 1;
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        if (map.firstRow[middle] <= row)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

// What a warp has read so far; every lane holds the channels lane, lane + 32 and so on of a piece.
template <int Columns>
struct Reading {
    float maximum = -INFINITY, sum = 0;
    float values[Columns] = {};

    // Numbers relative to `to`, which is no smaller, from now on.
    __device__ void raise(float to)
    {
        const float factor = maximum == to ? 1 : expf(maximum - to);
        maximum = to;
        sum *= factor;
#pragma unroll
        for (int m = 0; m < Columns; ++m)
            values[m] *= factor;
    }
};

// The products of a query with the keys of `count` positions, on every lane.
__device__ void score(const float *q, const float *keys, std::int64_t stride, int N, int count, int lane,
                      float (&scores)[kAtOnce])
{
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i)
        scores[i] = 0;
    for (int c = lane; c < N; c += kWarp) {
        const float wanted = q[c];
#pragma unroll
        for (int i = 0; i < kAtOnce; ++i)
            scores[i] = fmaf(wanted, i < count ? keys[i * stride + c] : 0, scores[i]);
    }
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i)
        scores[i] = warpSum(scores[i]);
}

// Channels first .. first + 32 * Columns - 1 of every head. Grid: heads, rows.
template <int Columns>
__global__ void __launch_bounds__(kWarps *kWarp) attend(AttentionArgs p, int first)
{
    __shared__ float maxima[kWarps], sums[kWarps], parts[kWarps][kWarp * Columns];
    const int h = int(blockIdx.x), row = int(blockIdx.y), N = p.headSize;
    const int warp = int(threadIdx.x) / kWarp, lane = int(threadIdx.x) % kWarp;
    const int b = sequenceOf(p.positions.map, row);
    const std::int64_t positions = p.positions.first[b] + row - p.positions.map.firstRow[b] + 1;
    const std::int64_t stride = std::int64_t(p.keyHeads) * N;
    const std::int64_t group = std::int64_t(h) * p.keyHeads / p.heads * N;
    const std::int64_t at = (std::int64_t(row) * p.heads + h) * N;
    const float scale = 1 / sqrtf(float(N));

    Reading<Columns> reading;
    for (std::int64_t i = std::int64_t(warp) * kAtOnce; i < positions; i += kWarps * kAtOnce) {
        const int count = int(min(std::int64_t(kAtOnce), positions - i));
        float scores[kAtOnce];
        score(p.q + at, p.keys[b] + i * stride + group, stride, N, count, lane, scores);
        float maximum = reading.maximum;
#pragma unroll
        for (int k = 0; k < kAtOnce; ++k) {
            scores[k] = k < count ? scores[k] * scale : -INFINITY;
            maximum = fmaxf(maximum, scores[k]);
        }
        reading.raise(maximum);
        const float *values = p.values[b] + i * stride + group + first;
#pragma unroll
        for (int k = 0; k < kAtOnce; ++k) {
            if (k >= count)
                break;
            const float weight = expf(scores[k] - maximum);
            reading.sum += weight;
#pragma unroll
            for (int m = 0; m < Columns; ++m) {
                const int c = lane + m * kWarp;
                if (first + c < N)
                    reading.values[m] = fmaf(weight, values[k * stride + c], reading.values[m]);
            }
        }
    }

    if (lane == 0) {
        maxima[warp] = reading.maximum;
        sums[warp] = reading.sum;
    }
#pragma unroll
    for (int m = 0; m < Columns; ++m)
        parts[warp][lane + m * kWarp] = reading.values[m];
    __syncthreads();
    float maximum = maxima[0]; // the first warp has always seen a position
    for (int w = 1; w < kWarps; ++w)
        maximum = fmaxf(maximum, maxima[w]);
    float factors[kWarps], sum = 0;
#pragma unroll
    for (int w = 0; w < kWarps; ++w) {
        factors[w] = expf(maxima[w] - maximum);
        sum = fmaf(factors[w], sums[w], sum);
    }
    for (int c = int(threadIdx.x); c < kWarp * Columns && first + c < N; c += kWarps * kWarp) {
        float read = 0;
#pragma unroll
        for (int w = 0; w < kWarps; ++w)
            read = fmaf(factors[w], parts[w][c], read);
        p.out[at + first + c] = read / sum;
    }
}

template <int Columns>
void start(const AttentionArgs &p, int first, cudaStream_t stream)
{
    launch(attend<Columns>, dim3(unsigned(p.heads), unsigned(p.positions.map.rows)), dim3(kWarps * kWarp),
           stream, p, first);
}

} // namespace

void attention(const AttentionArgs &p, cudaStream_t stream)
{
    constexpr int kMost = 8; // columns; of larger heads a piece of the channels at a time
    for (int first = 0; first < p.headSize; first += kMost * kWarp) {
        const int columns = (p.headSize - first + kWarp - 1) / kWarp;
        if (columns <= 1)
            start<1>(p, first, stream);
        else if (columns <= 2)
            start<2>(p, first, stream);
        else if (columns <= 4)
            start<4>(p, first, stream);
        else
            start<kMost>(p, first, stream);
    }
}

} // namespace volary::cuda
