// Ops that look at where a row stands in its text.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/ops.h"

namespace volary::cuda {

namespace {

constexpr int kBlock = 128;

// Rows are dealt out to the blocks of grid dimension z; the sequence is dimension y.
struct Rows {
    int first, end, step;
};

__device__ Rows rowsOfBlock(const RowMap &map)
{
    return {map.firstRow[blockIdx.y] + int(blockIdx.z), map.firstRow[blockIdx.y + 1], int(gridDim.z)};
}

__device__ std::int64_t positionOf(const PositionMap &positions, int row)
{
    return positions.first[blockIdx.y] + row - positions.map.firstRow[blockIdx.y];
}

dim3 gridOf(int columns, const RowMap &map)
{
    constexpr int kRowsAtOnce = 16; // blocks over the rows of one sequence
    return dim3(blocksFor(columns, kBlock), unsigned(map.sequences),
                unsigned(map.rows < kRowsAtOnce ? map.rows : kRowsAtOnce));
}

// A thread per pair of channels, which every head turns by the same angle. Angles in double: at a million
// tokens a float32 angle has lost its fraction.
__global__ void __launch_bounds__(kBlock) turn(RopeArgs p)
{
    const int j = int(blockIdx.x) * kBlock + int(threadIdx.x), pairs = p.headSize / 2;
    if (j >= pairs)
        return;
    const int first = p.halves ? j : 2 * j, second = p.halves ? j + pairs : 2 * j + 1;
    const double turns = pow(p.base, -2 * double(j) / p.headSize);
    const Rows rows = rowsOfBlock(p.positions.map);
    for (int row = rows.first; row < rows.end; row += rows.step) {
        double sine, cosine;
        sincos(double(positionOf(p.positions, row)) * turns, &sine, &cosine);
        const float s = float(sine), c = float(cosine);
        for (int h = 0; h < p.heads; ++h) {
            const std::int64_t at = (std::int64_t(row) * p.heads + h) * p.headSize;
            const float a = p.x[at + first], b = p.x[at + second];
            p.out[at + first] = a * c - b * s;
            p.out[at + second] = a * s + b * c;
        }
    }
}

__global__ void __launch_bounds__(kBlock) keep(KeepRowsArgs p)
{
    const int c = int(blockIdx.x) * kBlock + int(threadIdx.x);
    if (c >= p.width)
        return;
    const Rows rows = rowsOfBlock(p.positions.map);
    for (int row = rows.first; row < rows.end; row += rows.step)
        p.states[blockIdx.y][positionOf(p.positions, row) * p.width + c] =
            p.rows[std::int64_t(row) * p.width + c];
}

__global__ void __launch_bounds__(kBlock) copyKept(KeptRowsArgs p)
{
    const int c = int(blockIdx.x) * kBlock + int(threadIdx.x);
    if (c >= p.width)
        return;
    const Rows rows = rowsOfBlock(p.positions.map);
    for (int row = rows.first; row < rows.end; row += rows.step)
        p.out[std::int64_t(row) * p.width + c] =
            p.states[blockIdx.y][positionOf(p.positions, row) * p.width + c];
}

} // namespace

void rope(const RopeArgs &p, cudaStream_t stream)
{
    launch(turn, gridOf(p.headSize / 2, p.positions.map), dim3(kBlock), stream, p);
}

void keepRows(const KeepRowsArgs &p, cudaStream_t stream)
{
    launch(keep, gridOf(p.width, p.positions.map), dim3(kBlock), stream, p);
}

void keptRows(const KeptRowsArgs &p, cudaStream_t stream)
{
    launch(copyKept, gridOf(p.width, p.positions.map), dim3(kBlock), stream, p);
}

} // namespace volary::cuda
