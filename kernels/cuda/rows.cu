// Ops that move rows.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/ops.h"
#include "kernels/cuda/weight.cuh"

namespace volary::cuda {

namespace {

constexpr int kBlock = 128;
constexpr int kRowsAtOnce = 16; // blocks over the rows of one sequence

__device__ int thisChannel()
{
    return int(blockIdx.x) * kBlock + int(threadIdx.x);
}

template <typename T>
__global__ void __launch_bounds__(kBlock) copyTokens(EmbedArgs p)
{
    const int c = thisChannel(), width = p.table.inputs;
    if (c >= width)
        return;
    const std::int64_t row = blockIdx.y;
    p.out[row * width + c] =
        toFloat(static_cast<const T *>(p.table.data)[std::int64_t(p.tokens[row]) * width + c]);
}

template <typename T>
void startEmbed(const EmbedArgs &p, cudaStream_t stream)
{
    launch(copyTokens<T>, dim3(blocksFor(p.table.inputs, kBlock), unsigned(p.rows)), dim3(kBlock), stream, p);
}

// Grid: channels, sequences, interleaved rows. The thread that reads the state also replaces it, so that no
// other block can be too early.
__global__ void __launch_bounds__(kBlock) shiftRows(TokenShiftArgs p)
{
    const int c = thisChannel();
    if (c >= p.width)
        return;
    const int first = p.map.firstRow[blockIdx.y], end = p.map.firstRow[blockIdx.y + 1];
    const auto at = [&](int row) { return std::int64_t(row) * p.width + c; };
    for (int row = first + int(blockIdx.z); row < end; row += kRowsAtOnce) {
        if (row > first) {
            p.out[at(row)] = p.x[at(row - 1)];
        } else {
            float &state = p.states[blockIdx.y][c];
            p.out[at(row)] = state;
            state = p.x[at(end - 1)];
        }
    }
}

__global__ void __launch_bounds__(kBlock) copyHeads(RepeatHeadsArgs p)
{
    const int c = thisChannel(), row = int(blockIdx.y);
    if (c >= p.heads * p.headSize)
        return;
    const std::int64_t given = std::int64_t(c / p.headSize) * p.headsGiven / p.heads;
    p.out[std::int64_t(row) * p.heads * p.headSize + c] =
        p.x[(std::int64_t(row) * p.headsGiven + given) * p.headSize + c % p.headSize];
}

__global__ void __launch_bounds__(kBlock) copyAll(WindowArgs p)
{
    const std::int64_t i = std::int64_t(blockIdx.x) * kBlock + threadIdx.x;
    if (i < p.count)
        p.out[i] = p.x[i];
}

__global__ void __launch_bounds__(kBlock) copyLast(LastRowsArgs p)
{
    const int c = thisChannel();
    if (c >= p.width)
        return;
    const std::int64_t row = p.map.firstRow[blockIdx.y + 1] - 1;
    p.out[std::int64_t(blockIdx.y) * p.width + c] = p.x[row * p.width + c];
}

} // namespace

void embed(const EmbedArgs &p, cudaStream_t stream)
{
    switch (p.table.type) {
    case DType::F16: startEmbed<F16>(p, stream); break;
    case DType::BF16: startEmbed<Bf16>(p, stream); break;
    default: startEmbed<float>(p, stream); break; // F32: prepare() admits no other type
    }
}

void tokenShift(const TokenShiftArgs &p, cudaStream_t stream)
{
    const unsigned rowBlocks = unsigned(p.map.rows < kRowsAtOnce ? p.map.rows : kRowsAtOnce);
    // Blocks beyond the rows of a short sequence find nothing to do; with fewer blocks than kRowsAtOnce there
    // are no more rows than blocks.
    launch(shiftRows, dim3(blocksFor(p.width, kBlock), unsigned(p.map.sequences), rowBlocks), dim3(kBlock),
           stream, p);
}

void repeatHeads(const RepeatHeadsArgs &p, cudaStream_t stream)
{
    launch(copyHeads, dim3(blocksFor(p.heads * p.headSize, kBlock), unsigned(p.rows)), dim3(kBlock), stream,
           p);
}

void window(const WindowArgs &p, cudaStream_t stream)
{
    launch(copyAll, dim3(blocksFor(p.count, kBlock)), dim3(kBlock), stream, p);
}

void lastRows(const LastRowsArgs &p, cudaStream_t stream)
{
    launch(copyLast, dim3(blocksFor(p.width, kBlock), unsigned(p.map.sequences)), dim3(kBlock), stream, p);
}

} // namespace volary::cuda
