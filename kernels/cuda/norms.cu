// Ops that look at all numbers of a row or of a head: a block per row, a warp per head.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/ops.h"

namespace volary::cuda {

namespace {

constexpr int kBlock = 256;

__global__ void __launch_bounds__(kBlock) normalizeRow(LayerNormArgs p)
{
    __shared__ float scratch[kBlock / kWarp];
    const std::int64_t at = std::int64_t(blockIdx.x) * p.width;
    const float *x = p.x + at;
    float sum = 0;
    for (int c = int(threadIdx.x); c < p.width; c += kBlock)
        sum += x[c];
    const float mean = blockSum(sum, scratch) / float(p.width);
    float squares = 0;
    for (int c = int(threadIdx.x); c < p.width; c += kBlock)
        squares = fmaf(x[c] - mean, x[c] - mean, squares);
    const float factor = 1 / sqrtf(blockSum(squares, scratch) / float(p.width) + p.epsilon);
    for (int c = int(threadIdx.x); c < p.width; c += kBlock)
        p.out[at + c] = fmaf((x[c] - mean) * factor, p.scale[c], p.shift[c]);
}

// A head of a row, for the warps of a one-dimensional grid.
struct Head {
    std::int64_t number; // row * heads + head
    int lane;
};

__device__ Head thisHead()
{
    const std::int64_t thread = std::int64_t(blockIdx.x) * kBlock + threadIdx.x;
    return {thread / kWarp, int(thread % kWarp)};
}

dim3 gridOfHeads(int rows, int heads)
{
    return dim3(blocksFor(std::int64_t(rows) * heads, kBlock / kWarp));
}

__global__ void __launch_bounds__(kBlock) normalizeGroup(GroupNormArgs p)
{
    const Head head = thisHead();
    if (head.number >= std::int64_t(p.rows) * p.heads)
        return;
    const std::int64_t at = head.number * p.headSize;
    const int channel = int(head.number % p.heads) * p.headSize;
    const float *x = p.x + at;
    float sum = 0;
    for (int j = head.lane; j < p.headSize; j += kWarp)
        sum += x[j];
    const float mean = warpSum(sum) / float(p.headSize);
    float squares = 0;
    for (int j = head.lane; j < p.headSize; j += kWarp)
        squares = fmaf(x[j] - mean, x[j] - mean, squares);
    const float factor = 1 / sqrtf(warpSum(squares) / float(p.headSize) + p.epsilon);
    for (int j = head.lane; j < p.headSize; j += kWarp)
        p.out[at + j] = fmaf((x[j] - mean) * factor, p.scale[channel + j], p.shift[channel + j]);
}

__global__ void __launch_bounds__(kBlock) toUnitLength(NormalizeHeadsArgs p)
{
    const Head head = thisHead();
    if (head.number >= std::int64_t(p.rows) * p.heads)
        return;
    const std::int64_t at = head.number * p.headSize;
    float squares = 0;
    for (int j = head.lane; j < p.headSize; j += kWarp)
        squares = fmaf(p.x[at + j], p.x[at + j], squares);
    const float length = fmaxf(sqrtf(warpSum(squares)), 1e-12f);
    for (int j = head.lane; j < p.headSize; j += kWarp)
        p.out[at + j] = p.x[at + j] / length;
}

__global__ void __launch_bounds__(kBlock) addBonus(Bonus7Args p)
{
    const Head head = thisHead();
    if (head.number >= std::int64_t(p.rows) * p.heads)
        return;
    const std::int64_t at = head.number * p.headSize;
    const float *weight = p.weight + head.number % p.heads * p.headSize;
    float sum = 0;
    for (int j = head.lane; j < p.headSize; j += kWarp)
        sum = fmaf(p.r[at + j] * p.k[at + j], weight[j], sum);
    sum = warpSum(sum);
    for (int j = head.lane; j < p.headSize; j += kWarp)
        p.out[at + j] = sum * p.v[at + j];
}

} // namespace

void layerNorm(const LayerNormArgs &p, cudaStream_t stream)
{
    launch(normalizeRow, dim3(unsigned(p.rows)), dim3(kBlock), stream, p);
}

void groupNorm(const GroupNormArgs &p, cudaStream_t stream)
{
    launch(normalizeGroup, gridOfHeads(p.rows, p.heads), dim3(kBlock), stream, p);
}

void normalizeHeads(const NormalizeHeadsArgs &p, cudaStream_t stream)
{
    launch(toUnitLength, gridOfHeads(p.rows, p.heads), dim3(kBlock), stream, p);
}

void bonus7(const Bonus7Args &p, cudaStream_t stream)
{
    launch(addBonus, gridOfHeads(p.rows, p.heads), dim3(kBlock), stream, p);
}

} // namespace volary::cuda
