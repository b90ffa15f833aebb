// Matrix products with weights as stored and float32 sums, several in one launch (linear.cuh).
#include "kernels/cuda/linear.cuh"
#include "kernels/cuda/linear_many.h"

namespace volary::cuda {

namespace {

constexpr int kWarps = 4; // of a block

// Several rows: a warp takes a part of the sums of a few outputs and a few rows. Ahead: eights of one weight
// row that are read before the first is used.
template <typename T, bool Wide, int Outputs, int Rows, int Ahead>
__global__ void __launch_bounds__(kWarps *kWarp) multiplyTile(const __grid_constant__ ProductsArgs all)
{
    static_assert(Outputs * Rows <= kWarp, "a lane finishes at most one element");
    __shared__ float partial[kWarps][Outputs * Rows];
    letNextLaunchStart();
    int number = 0;
    while (number + 1 < all.count && int(blockIdx.x) >= all.products[number + 1].first)
        ++number;
    const Product &p = all.products[number];
    const int inputs = p.inputs, split = splitOf(inputs);
    const int warp = int(threadIdx.x) / kWarp, lane = int(threadIdx.x) % kWarp;
    const int group = warp / split, part = warp % split;
    const int firstOutput = ((int(blockIdx.x) - p.first) * (kWarps / split) + group) * Outputs;
    const int firstRow = int(blockIdx.y) * Rows;

    // Beyond the last output or row the last one is computed once more and thrown away.
    const T *weights[Outputs];
    const float *x[Rows];
#pragma unroll
    for (int o = 0; o < Outputs; ++o)
        weights[o] =
            static_cast<const T *>(p.weight) + std::int64_t(min(firstOutput + o, p.outputs - 1)) * inputs;
#pragma unroll
    for (int t = 0; t < Rows; ++t)
        x[t] = p.x + std::int64_t(min(firstRow + t, all.rows - 1)) * inputs;

    Eight<T> w[Ahead][Outputs];
    const auto fetch = [&](int from) {
#pragma unroll
        for (int a = 0; a < Ahead; ++a) {
            const int i = from + a * split * kStride;
            if (i < inputs) {
#pragma unroll
                for (int o = 0; o < Outputs; ++o)
                    w[a][o] = loadWeights<Wide>(weights[o] + i, inputs - i);
            }
        }
    };
    int at = part * kStride + lane * 8;
    fetch(at);
    waitForEarlierLaunch();
    const int output = firstOutput + lane / Rows, row = firstRow + lane % Rows; // that this lane finishes
    const bool finishes = part == 0 && lane < Outputs * Rows && output < p.outputs && row < all.rows;
    Others others;
    if (finishes)
        others = fetchOthers(p, row, output);

    float sums[Outputs][Rows] = {};
    while (at < inputs) {
#pragma unroll
        for (int a = 0; a < Ahead; ++a) {
            const int i = at + a * split * kStride;
            if (i < inputs) {
#pragma unroll
                for (int t = 0; t < Rows; ++t) {
                    const Eight<float> v = loadActivations<Wide>(x[t] + i, inputs - i);
#pragma unroll
                    for (int o = 0; o < Outputs; ++o) {
#pragma unroll
                        for (int n = 0; n < 8; ++n)
                            sums[o][t] = fmaf(toFloat(w[a][o].items[n]), v.items[n], sums[o][t]);
                    }
                }
            }
        }
        at += split * kStride * Ahead;
        fetch(at);
    }

#pragma unroll
    for (int o = 0; o < Outputs; ++o) {
#pragma unroll
        for (int t = 0; t < Rows; ++t) {
            const float sum = warpSum(sums[o][t]);
            if (lane == 0)
                partial[warp][o * Rows + t] = sum;
        }
    }
    __syncthreads();
    if (!finishes)
        return;
    float sum = partial[warp][lane];
    for (int s = 1; s < split; ++s)
        sum += partial[warp + s][lane];
    p.out[std::int64_t(row) * p.outputs + output] = finish(p, others, sum);
}

template <typename T, bool Wide, int Outputs, int Rows, int Ahead>
void start(ProductsArgs &all, cudaStream_t stream)
{
    unsigned blocks = 0;
    for (int i = 0; i < all.count; ++i) {
        Product &p = all.products[i];
        p.first = int(blocks);
        blocks += blocksFor(p.outputs, Outputs * kWarps / splitOf(p.inputs));
    }
    launchEarly(multiplyTile<T, Wide, Outputs, Rows, Ahead>, dim3(blocks, blocksFor(all.rows, Rows)),
                dim3(kWarps * kWarp), 0, stream, all);
}

template <typename T, bool Wide>
void chooseTile(ProductsArgs &all, cudaStream_t stream)
{
    if (all.rows == 1)
        multiplyOneRow<T, Wide>(all, stream);
    else if (all.rows == 2)
        start<T, Wide, 1, 2, 4>(all, stream);
    else if (all.rows <= 4)
        start<T, Wide, 1, 4, 2>(all, stream);
    else if (all.rows <= 8)
        start<T, Wide, 2, 8, 2>(all, stream);
    else
        start<T, Wide, 4, 8, 1>(all, stream);
}

template <typename T>
void chooseLoads(ProductsArgs &all, cudaStream_t stream)
{
    const auto aligned = [](const void *memory) {
        return reinterpret_cast<std::uintptr_t>(memory) % 16 == 0;
    };
    bool wide = true;
    for (int i = 0; i < all.count; ++i) {
        const Product &p = all.products[i];
        wide = wide && p.inputs % 8 == 0 && aligned(p.weight) && aligned(p.x);
    }
    if (wide)
        chooseTile<T, true>(all, stream);
    else
        chooseTile<T, false>(all, stream);
}

} // namespace

void multiply(const ProductsArgs &products, DType type, cudaStream_t stream)
{
    ProductsArgs all = products;
    switch (type) {
    case DType::F16:
        if (!multiplyMany<F16>(all, stream))
            chooseLoads<F16>(all, stream);
        break;
    case DType::BF16:
        if (!multiplyMany<Bf16>(all, stream))
            chooseLoads<Bf16>(all, stream);
        break;
    default: chooseLoads<float>(all, stream); break; // F32: prepare() admits no other type
    }
}

} // namespace volary::cuda
