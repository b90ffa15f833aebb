// What matrix products have in common, however many rows they have.
//
// The inputs of a sum are taken in strides of 256: lane l of a warp takes the eight from l * 8 on, 16 bytes
// of a half type. Long sums have parts: of two, stride s belongs to part s % 2. A lane adds up its numbers of
// a part in their order, then the lanes are summed, then the parts. Parts may be summed by one warp or
// several, and weights be multiplied with one row or several: this changes only what is loaded how often, so
// every row is summed in the order that depends on the number of inputs alone, decoded alone or in a chunk of
// a prompt.
#pragma once

#include "kernels/cuda/fused.h"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/scalar.cuh"
#include "kernels/cuda/weight.cuh"

namespace volary::cuda {

constexpr int kStride = kWarp * 8;

// Parts of a sum.
__host__ __device__ inline int splitOf(int inputs)
{
    return inputs >= 4096 ? 4 : inputs > 1024 ? 2 : 1;
}

// What an element's epilogues take besides the product, fetched while the weights are still on their way.
struct Others {
    float numbers[Product::kMaxEpilogues][2];
};

__device__ __forceinline__ Others fetchOthers(const Product &p, int row, int output)
{
    Others others;
#pragma unroll
    for (int e = 0; e < Product::kMaxEpilogues; ++e) {
        const Epilogue &epilogue = p.epilogues[e];
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const bool given = e < p.epilogueCount && epilogue.others[i];
            const std::int64_t at = (epilogue.broadcast[i] ? 0 : std::int64_t(row) * p.outputs) + output;
            others.numbers[e][i] = given ? epilogue.others[i][at] : 0;
        }
    }
    return others;
}

__device__ __forceinline__ float finish(const Product &p, const Others &others, float number)
{
#pragma unroll
    for (int e = 0; e < Product::kMaxEpilogues; ++e) {
        if (e >= p.epilogueCount)
            break;
        const Epilogue &epilogue = p.epilogues[e];
        const float first = others.numbers[e][0], second = others.numbers[e][1];
        const int carried = epilogue.carried;
        number = apply(epilogue.function, carried == 0 ? number : first,
                       carried == 0   ? first
                       : carried == 1 ? number
                                      : second,
                       carried == 2 ? number : second, epilogue.bound);
    }
    return number;
}

// Of a single row. Wide: see loadWeights().
template <typename T, bool Wide>
void multiplyOneRow(const ProductsArgs &, cudaStream_t);

} // namespace volary::cuda
