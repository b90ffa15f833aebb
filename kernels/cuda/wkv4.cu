// A thread per channel and sequence carries A, B and P in registers over all rows.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/ops.h"

namespace volary::cuda {

namespace {

constexpr int kBlock = 64; // few channels: spread over many multiprocessors

struct Sums {
    float A, B, P;
};

// The sums with one more value, which counts e^weight; all relative to the new maximum.
__device__ Sums with(const Sums &old, float weight, float value)
{
    const float maximum = fmaxf(old.P, weight);
    const float before = expf(old.P - maximum), now = expf(weight - maximum);
    return {fmaf(before, old.A, now * value), fmaf(before, old.B, now), maximum};
}

__global__ void __launch_bounds__(kBlock) advance4(Wkv4Args p)
{
    const int c = int(blockIdx.x) * kBlock + int(threadIdx.x), b = int(blockIdx.y);
    if (c >= p.width)
        return;
    Sums sums{p.numerators[b][c], p.denominators[b][c], p.maxima[b][c]};
    const float logDecay = p.logDecay[c], bonus = p.bonus[c];
    for (int t = p.map.firstRow[b]; t < p.map.firstRow[b + 1]; ++t) {
        const std::int64_t at = std::int64_t(t) * p.width + c;
        const float k = p.k[at], v = p.v[at];
        const Sums read = with(sums, bonus + k, v);
        p.out[at] = read.A / read.B;
        sums = with({sums.A, sums.B, sums.P + logDecay}, k, v);
    }
    p.numerators[b][c] = sums.A;
    p.denominators[b][c] = sums.B;
    p.maxima[b][c] = sums.P;
}

} // namespace

void wkv4(const Wkv4Args &p, cudaStream_t stream)
{
    launch(advance4, dim3(blocksFor(p.width, kBlock), unsigned(p.map.sequences)), dim3(kBlock), stream, p);
}

} // namespace volary::cuda
