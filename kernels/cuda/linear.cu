// Matrix products with weights as stored and float32 sums.
//
// One warp takes a stripe of the inputs of a few outputs and a few rows: lane l reads eight neighbouring
// weights, 16 bytes of a half type, at l * 8, l * 8 + 256 and so on, multiplies them with every row, and the
// lanes are summed at the end. Long sums are split between the warps of a block. How many outputs and rows a
// warp takes changes only what is loaded how often, so every row is summed in the order that depends on the
// number of inputs alone, decoded alone or in a chunk of a prompt.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/ops.h"
#include "kernels/cuda/weight.cuh"

namespace volary::cuda {

namespace {

constexpr int kWarps = 4; // of a block
constexpr int kStride = kWarp * 8;

// Warps that share one sum.
int splitOf(int inputs)
{
    return inputs >= 4096 ? 4 : inputs >= 1024 ? 2 : 1;
}

// Ahead: eights of one weight row that are read before the first is used.
template <typename T, bool Wide, int Outputs, int Rows, int Ahead>
__global__ void __launch_bounds__(kWarps *kWarp) multiply(LinearArgs p, int split)
{
    __shared__ float partial[kWarps][Outputs * Rows];
    const int warp = int(threadIdx.x) / kWarp, lane = int(threadIdx.x) % kWarp;
    const int group = warp / split, part = warp % split;
    const int inputs = p.weight.inputs;
    const int firstOutput = (int(blockIdx.x) * (kWarps / split) + group) * Outputs;
    const int firstRow = int(blockIdx.y) * Rows;

    // Beyond the last output or row the last one is computed once more and thrown away.
    const T *weights[Outputs];
    const float *x[Rows];
#pragma unroll
    for (int o = 0; o < Outputs; ++o)
        weights[o] = static_cast<const T *>(p.weight.data) +
                     std::int64_t(min(firstOutput + o, p.weight.outputs - 1)) * inputs;
#pragma unroll
    for (int t = 0; t < Rows; ++t)
        x[t] = p.x + std::int64_t(min(firstRow + t, p.rows - 1)) * inputs;

    float sums[Outputs][Rows] = {};
    for (int at = part * kStride + lane * 8; at < inputs; at += split * kStride * Ahead) {
        Eight<T> w[Ahead][Outputs];
#pragma unroll
        for (int a = 0; a < Ahead; ++a) {
            const int i = at + a * split * kStride;
            if (i < inputs) {
#pragma unroll
                for (int o = 0; o < Outputs; ++o)
                    w[a][o] = loadEight<Wide>(weights[o] + i, inputs - i);
            }
        }
#pragma unroll
        for (int a = 0; a < Ahead; ++a) {
            const int i = at + a * split * kStride;
            if (i < inputs) {
#pragma unroll
                for (int t = 0; t < Rows; ++t) {
                    const Eight<float> v = loadEight<Wide>(x[t] + i, inputs - i);
#pragma unroll
                    for (int o = 0; o < Outputs; ++o) {
#pragma unroll
                        for (int n = 0; n < 8; ++n)
                            sums[o][t] = fmaf(toFloat(w[a][o].items[n]), v.items[n], sums[o][t]);
                    }
                }
            }
        }
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
    if (part != 0)
        return;
    for (int n = lane; n < Outputs * Rows; n += kWarp) {
        const int output = firstOutput + n / Rows, row = firstRow + n % Rows;
        if (output >= p.weight.outputs || row >= p.rows)
            continue;
        float sum = partial[warp][n];
        for (int s = 1; s < split; ++s)
            sum += partial[warp + s][n];
        p.out[std::int64_t(row) * p.weight.outputs + output] = sum;
    }
}

template <typename T, bool Wide, int Outputs, int Rows, int Ahead>
void start(const LinearArgs &p, cudaStream_t stream)
{
    const int split = splitOf(p.weight.inputs);
    const dim3 grid(blocksFor(p.weight.outputs, Outputs * kWarps / split), blocksFor(p.rows, Rows));
    launch(multiply<T, Wide, Outputs, Rows, Ahead>, grid, dim3(kWarps * kWarp), stream, p, split);
}

template <typename T, bool Wide>
void chooseTile(const LinearArgs &p, cudaStream_t stream)
{
    if (p.rows == 1)
        start<T, Wide, 1, 1, 4>(p, stream);
    else if (p.rows == 2)
        start<T, Wide, 1, 2, 4>(p, stream);
    else if (p.rows <= 4)
        start<T, Wide, 1, 4, 2>(p, stream);
    else if (p.rows <= 8)
        start<T, Wide, 2, 8, 1>(p, stream);
    else
        start<T, Wide, 4, 8, 1>(p, stream);
}

template <typename T>
void chooseLoads(const LinearArgs &p, cudaStream_t stream)
{
    const auto aligned = [](const void *memory) {
        return reinterpret_cast<std::uintptr_t>(memory) % 16 == 0;
    };
    if (p.weight.inputs % 8 == 0 && aligned(p.weight.data) && aligned(p.x))
        chooseTile<T, true>(p, stream);
    else
        chooseTile<T, false>(p, stream);
}

} // namespace

void linear(const LinearArgs &p, cudaStream_t stream)
{
    switch (p.weight.type) {
    case DType::F16: chooseLoads<F16>(p, stream); break;
    case DType::BF16: chooseLoads<Bf16>(p, stream); break;
    default: chooseLoads<float>(p, stream); break; // F32: prepare() admits no other type
    }
}

} // namespace volary::cuda
