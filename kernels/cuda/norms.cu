// Ops that look at all numbers of a head, for heads too large for a slice of runSteps(): a warp per head.
#include "kernels/cuda/norms.cuh"
#include "kernels/cuda/ops.h"

namespace volary::cuda {

namespace {

constexpr int kBlock = 256;

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
    const Moments moments = headMoments(p.x + at, p.headSize, p.epsilon, head.lane);
    for (int j = head.lane; j < p.headSize; j += kWarp)
        p.out[at + j] = fmaf(moments.normalise(p.x[at + j]), p.scale[channel + j], p.shift[channel + j]);
}

__global__ void __launch_bounds__(kBlock) toUnitLength(NormalizeHeadsArgs p)
{
    const Head head = thisHead();
    if (head.number >= std::int64_t(p.rows) * p.heads)
        return;
    const std::int64_t at = head.number * p.headSize;
    const float length = headLength(p.x + at, p.headSize, head.lane);
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
    const float sum = headBonus(p.r + at, p.k + at, weight, p.headSize, head.lane);
    for (int j = head.lane; j < p.headSize; j += kWarp)
        p.out[at + j] = sum * p.v[at + j];
}

} // namespace

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
