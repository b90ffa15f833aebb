// What the normalising ops sum, in an order that is the same wherever they run.
#pragma once

#include "kernels/cuda/launch.cuh"

namespace volary::cuda {

struct Moments {
    float mean;
    float factor; // 1 / sqrt(variance + epsilon)

    __device__ float normalise(float x) const { return (x - mean) * factor; }
};

constexpr int kRowThreads = 256; // the order of a row's sums depends on it

// Of a whole row, by a block of kRowThreads. `scratch`: see blockSum().
__device__ inline Moments rowMoments(const float *x, int width, float epsilon, float *scratch)
{
    float sum = 0;
#pragma unroll 8
    for (int c = int(threadIdx.x); c < width; c += kRowThreads)
        sum += x[c];
    const float mean = blockSum(sum, scratch) / float(width);
    float squares = 0;
#pragma unroll 8
    for (int c = int(threadIdx.x); c < width; c += kRowThreads)
        squares = fmaf(x[c] - mean, x[c] - mean, squares);
    return {mean, 1 / sqrtf(blockSum(squares, scratch) / float(width) + epsilon)};
}

// The root of the mean square of a whole row, both epsilons of rmsNorm added, by a block of kRowThreads.
__device__ inline float rowRoot(const float *x, int width, float epsilon, float epsilonInRoot, float *scratch)
{
    float squares = 0;
#pragma unroll 8
    for (int c = int(threadIdx.x); c < width; c += kRowThreads)
        squares = fmaf(x[c], x[c], squares);
    return sqrtf(blockSum(squares, scratch) / float(width) + epsilonInRoot) + epsilon;
}

// Of a head of N numbers, by a warp.
__device__ inline Moments headMoments(const float *x, int N, float epsilon, int lane)
{
    float sum = 0;
    for (int j = lane; j < N; j += kWarp)
        sum += x[j];
    const float mean = warpSum(sum) / float(N);
    float squares = 0;
    for (int j = lane; j < N; j += kWarp)
        squares = fmaf(x[j] - mean, x[j] - mean, squares);
    return {mean, 1 / sqrtf(warpSum(squares) / float(N) + epsilon)};
}

// Never zero: what the op divides by.
__device__ inline float headLength(const float *x, int N, int lane)
{
    float squares = 0;
    for (int j = lane; j < N; j += kWarp)
        squares = fmaf(x[j], x[j], squares);
    return fmaxf(sqrtf(warpSum(squares)), 1e-12f);
}

__device__ inline float headBonus(const float *r, const float *k, const float *weight, int N, int lane)
{
    float sum = 0;
    for (int j = lane; j < N; j += kWarp)
        sum = fmaf(r[j] * k[j], weight[j], sum);
    return warpSum(sum);
}

} // namespace volary::cuda
