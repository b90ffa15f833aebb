// Matrix products of many rows, on tensor cores.
//
// Tensor cores multiply half types and add in float32. Weights are half types already; activations are
// float32, and rounding them to 11 (or 8) bits would cost accuracy that a recurrent state never gets back. So
// each activation becomes the sum of two halves, together 22 (or 16) bits, and every product is made twice:
// it costs half the rate and keeps the result within what float32 sums in another order differ by.
//
// Sums run over the inputs in steps of 16, in their order, and neither the number of rows nor the place of a
// row in its tile changes that: cutting a text into other pieces of at least kManyRows leaves every bit as it
// is.
#include "kernels/cuda/linear.cuh"
#include "kernels/cuda/linear_many.h"

#include <cuda_bf16.h>

namespace volary::cuda {

namespace {

constexpr int kTile = 128;  // rows, and outputs, of a block
constexpr int kInputs = 32; // of a stage
constexpr int kStages = 4;  // of the pipeline from memory
constexpr int kWarps = 8;   // 2 by 4: each 64 rows by 32 outputs
constexpr int kChunk = 8;   // halves that travel together: 16 bytes
constexpr int kPanelBytes = kTile * kInputs * 2;
constexpr int kStageBytes = 3 * kPanelBytes; // weights, upper and lower halves of the activations
constexpr int kSumsStride = kTile + 8;       // a row of sums in shared memory, padded against bank conflicts
constexpr int kSharedBytes = kStages * kStageBytes;
static_assert(kSharedBytes >= kTile * kSumsStride * int(sizeof(float)),
              "the sums take the place of the stages");

std::size_t roundUp(std::size_t bytes)
{
    return (bytes + 255) / 256 * 256;
}

// Activations as two halves: upper [R, I], lower [R, I], and what a row was divided by [R].
struct Split {
    const float *x;
    std::byte *halves;
    float *scales;
    int inputs;
};

struct SplitsArgs {
    Split splits[ProductsArgs::kMaxProducts];
    int rows;
};

struct TilesArgs {
    ProductsArgs all;
    Split splits[ProductsArgs::kMaxProducts]; // of each product
};

__device__ inline F16 toHalf(float value, F16)
{
    return {__half_as_ushort(__float2half_rn(value))};
}
__device__ inline Bf16 toHalf(float value, Bf16)
{
    return {__bfloat16_as_ushort(__float2bfloat16_rn(value))};
}

constexpr int kSplitThreads = 256;

// Divides a row by a power of two that brings its largest number below 2^14, which every half type holds.
template <typename T>
__global__ void __launch_bounds__(kSplitThreads) splitRows(const __grid_constant__ SplitsArgs all)
{
    waitForEarlierLaunch();
    const Split &p = all.splits[blockIdx.y];
    const std::int64_t from = std::int64_t(blockIdx.x) * p.inputs;
    float largest = 0;
    for (int i = int(threadIdx.x); i < p.inputs; i += kSplitThreads)
        largest = fmaxf(largest, fabsf(p.x[from + i]));
    __shared__ float warps[kSplitThreads / kWarp];
    for (int offset = kWarp / 2; offset > 0; offset /= 2)
        largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, offset));
    if (threadIdx.x % kWarp == 0)
        warps[threadIdx.x / kWarp] = largest;
    __syncthreads();
    for (const float other : warps)
        largest = fmaxf(largest, other);
    int exponent = 0;
    if (largest > 0 && isfinite(largest))
        frexpf(largest, &exponent);
    const int shift = min(14 - exponent, 126); // so that its inverse is a normal number
    const float factor = ldexpf(1, shift);
    if (threadIdx.x == 0)
        p.scales[blockIdx.x] = ldexpf(1, -shift);
    T *upper = reinterpret_cast<T *>(p.halves) + from;
    T *lower = upper + std::int64_t(all.rows) * p.inputs;
    for (int i = int(threadIdx.x); i < p.inputs; i += kSplitThreads) {
        const float x = p.x[from + i] * factor;
        upper[i] = toHalf(x, T{});
        lower[i] = toHalf(x - toFloat(upper[i]), T{});
    }
}

#if __CUDA_ARCH__ >= 800

__device__ inline std::uint32_t sharedAddress(const void *at)
{
    return std::uint32_t(__cvta_generic_to_shared(at));
}

// Fills 16 bytes of shared memory, with zeros where nothing exists.
__device__ inline void copyLater(std::uint32_t to, const void *from, bool exists)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(exists ? 16 : 0));
}

// Where 16 bytes of a panel lie: neighbouring rows are turned against each other, so that eight rows of one
// column touch every bank once.
__device__ inline int placeIn(int row, int chunk)
{
    return row * (kInputs * 2) + ((chunk ^ ((row >> 1) & 3)) * 16);
}

__device__ inline void loadMatrices(std::uint32_t (&to)[4], std::uint32_t from)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(from));
}

__device__ inline void multiplyAdd(float (&sums)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                   std::uint32_t b1, F16)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
                 "{%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
__device__ inline void multiplyAdd(float (&sums)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                   std::uint32_t b1, Bf16)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
                 "{%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

#endif

// A block per tile of 128 rows and 128 outputs.
template <typename T>
__global__ void __launch_bounds__(kWarps *kWarp, 2) multiplyTiles(const __grid_constant__ TilesArgs args)
{
    waitForEarlierLaunch();
#if __CUDA_ARCH__ >= 800
    extern __shared__ __align__(128) std::byte shared[];
    const ProductsArgs &all = args.all;
    int number = 0;
    while (number + 1 < all.count && int(blockIdx.x) >= all.products[number + 1].first)
        ++number;
    const Product &p = all.products[number];
    const Split &split = args.splits[number];
    const int inputs = p.inputs, rowTiles = (all.rows + kTile - 1) / kTile;
    const int place = int(blockIdx.x) - p.first;
    const int firstRow = place % rowTiles * kTile, firstOutput = place / rowTiles * kTile;
    const int thread = int(threadIdx.x), warp = thread / kWarp, lane = thread % kWarp;

    const T *weight = static_cast<const T *>(p.weight);
    const T *upper = reinterpret_cast<const T *>(split.halves);
    const T *lower = upper + std::int64_t(all.rows) * inputs;
    const std::uint32_t stages = sharedAddress(shared);

    // A thread fetches the same 16 bytes of a few lines of every panel, stage by stage.
    constexpr int kCopies = kTile * kInputs / kChunk / (kWarps * kWarp), kLinesApart = kTile / kCopies;
    const int chunk = thread % (kInputs / kChunk), firstLine = thread / (kInputs / kChunk);
    static_assert(kLinesApart % 8 == 0, "lines so far apart are turned alike");
    const std::uint32_t place0 = stages + std::uint32_t(placeIn(firstLine, chunk));
    std::uint32_t weightAt[kCopies], rowAt[kCopies]; // in numbers
    bool isOutput[kCopies], isRow[kCopies];
#pragma unroll
    for (int i = 0; i < kCopies; ++i) {
        const int output = firstOutput + firstLine + i * kLinesApart;
        const int row = firstRow + firstLine + i * kLinesApart;
        isOutput[i] = output < p.outputs;
        isRow[i] = row < all.rows;
        weightAt[i] = isOutput[i] ? std::uint32_t(output) * std::uint32_t(inputs) + chunk * kChunk : 0;
        rowAt[i] = isRow[i] ? std::uint32_t(row) * std::uint32_t(inputs) + chunk * kChunk : 0;
    }
    const auto fetch = [&](int stage, int firstInput) {
        const std::uint32_t to = place0 + std::uint32_t(stage * kStageBytes);
        const bool inside = firstInput + chunk * kChunk < inputs;
        const std::uint32_t step = inside ? std::uint32_t(firstInput) : 0;
#pragma unroll
        for (int i = 0; i < kCopies; ++i) {
            const std::uint32_t at = to + std::uint32_t(i * kLinesApart * kInputs * 2);
            copyLater(at, weight + (weightAt[i] + step), inside && isOutput[i]);
            copyLater(at + kPanelBytes, upper + (rowAt[i] + step), inside && isRow[i]);
            copyLater(at + 2 * kPanelBytes, lower + (rowAt[i] + step), inside && isRow[i]);
        }
    };
    const auto commit = [] { asm volatile("cp.async.commit_group;"); };

    const int steps = (inputs + kInputs - 1) / kInputs;
#pragma unroll
    for (int s = 0; s < kStages - 1; ++s) {
        if (s < steps)
            fetch(s, s * kInputs);
        commit();
    }
    const int warpRow = warp / 4 * 64, warpOutput = warp % 4 * 32;
    float sums[4][4][4] = {}; // of 16 rows by 8 outputs
    for (int step = 0; step < steps; ++step) {
        asm volatile("cp.async.wait_group %0;" ::"n"(kStages - 2));
        __syncthreads(); // the stage is complete, and the one before it no longer read
        if (step + kStages - 1 < steps)
            fetch((step + kStages - 1) % kStages, (step + kStages - 1) * kInputs);
        commit();
        const std::uint32_t panel = stages + std::uint32_t(step % kStages * kStageBytes);
#pragma unroll
        for (int k = 0; k < kInputs / 16; ++k) {
            std::uint32_t w[2][4]; // of 16 outputs each
#pragma unroll
            for (int n = 0; n < 2; ++n) {
                const int line = warpOutput + n * 16 + lane % 8 + lane / 16 * 8;
                loadMatrices(w[n], panel + std::uint32_t(placeIn(line, 2 * k + lane / 8 % 2)));
            }
#pragma unroll
            for (int half = 0; half < 2; ++half) {
#pragma unroll
                for (int m = 0; m < 4; ++m) {
                    std::uint32_t x[4];
                    const int line = warpRow + m * 16 + lane % 16;
                    loadMatrices(x, panel + std::uint32_t((1 + half) * kPanelBytes +
                                                          placeIn(line, 2 * k + lane / 16)));
#pragma unroll
                    for (int n = 0; n < 4; ++n)
                        multiplyAdd(sums[m][n], x, w[n / 2][n % 2 * 2], w[n / 2][n % 2 * 2 + 1], T{});
                }
            }
        }
    }

    // By way of shared memory, so that neighbouring threads write neighbouring outputs.
    asm volatile("cp.async.wait_all;");
    __syncthreads();
    float *rows = reinterpret_cast<float *>(shared);
#pragma unroll
    for (int m = 0; m < 4; ++m) {
#pragma unroll
        for (int n = 0; n < 4; ++n) {
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const int row = warpRow + m * 16 + lane / 4 + i * 8;
                const int output = warpOutput + n * 8 + lane % 4 * 2;
                *reinterpret_cast<float2 *>(rows + row * kSumsStride + output) = {sums[m][n][2 * i],
                                                                                  sums[m][n][2 * i + 1]};
            }
        }
    }
    __syncthreads();
    if (p.epilogueCount == 0) {
#pragma unroll 4
        for (int item = thread; item < kTile * kTile; item += kWarps * kWarp) {
            const int row = firstRow + item / kTile, output = firstOutput + item % kTile;
            if (row < all.rows && output < p.outputs)
                p.out[std::int64_t(row) * p.outputs + output] =
                    rows[item / kTile * kSumsStride + item % kTile] * split.scales[row];
        }
        return;
    }
#pragma unroll 1
    for (int item = thread; item < kTile * kTile; item += kWarps * kWarp) {
        const int row = firstRow + item / kTile, output = firstOutput + item % kTile;
        if (row >= all.rows || output >= p.outputs)
            continue;
        const float sum = rows[item / kTile * kSumsStride + item % kTile] * split.scales[row];
        p.out[std::int64_t(row) * p.outputs + output] = finish(p, fetchOthers(p, row, output), sum);
    }
#endif
}

// Whether the device has such units and this library code for them.
template <typename T>
bool hasTensorCores()
{
    static const bool has = [] {
        int major = 0;
        cudaFuncAttributes attributes{};
        return cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0) == cudaSuccess &&
               cudaFuncGetAttributes(&attributes, multiplyTiles<T>) == cudaSuccess && major >= 8 &&
               attributes.binaryVersion >= 80 &&
               cudaFuncSetAttribute(multiplyTiles<T>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                    kSharedBytes) == cudaSuccess;
    }();
    return has;
}

} // namespace

std::size_t splitBytes(int rows, int inputs)
{
    return rows < kManyRows ? 0
                            : roundUp(std::size_t(rows) * std::size_t(inputs) * 4) +
                                  roundUp(std::size_t(rows) * sizeof(float));
}

template <typename T>
bool multiplyMany(const ProductsArgs &all, cudaStream_t stream)
{
    if (all.rows < kManyRows || !all.scratch || !hasTensorCores<T>())
        return false;
    TilesArgs tiles{all, {}};
    SplitsArgs splits{{}, all.rows};
    std::byte *next = all.scratch;
    unsigned blocks = 0, different = 0;
    for (int i = 0; i < all.count; ++i) {
        Product &p = tiles.all.products[i];
        const auto numbers = std::int64_t(p.inputs) * (p.outputs > all.rows ? p.outputs : all.rows);
        if (p.inputs % kChunk != 0 || numbers > UINT32_MAX ||
            reinterpret_cast<std::uintptr_t>(p.weight) % 16 != 0)
            return false;
        p.first = int(blocks);
        blocks += blocksFor(all.rows, kTile) * blocksFor(p.outputs, kTile);
        unsigned known = 0;
        while (known < different && splits.splits[known].x != p.x)
            ++known;
        if (known == different) {
            const std::size_t halves = roundUp(std::size_t(all.rows) * std::size_t(p.inputs) * 4);
            splits.splits[different++] = {p.x, next, reinterpret_cast<float *>(next + halves), p.inputs};
            next += splitBytes(all.rows, p.inputs);
        }
        tiles.splits[i] = splits.splits[known];
    }
    launchEarly(splitRows<T>, dim3(unsigned(all.rows), different), dim3(kSplitThreads), 0, stream, splits);
    launchEarly(multiplyTiles<T>, dim3(blocks), dim3(kWarps * kWarp), kSharedBytes, stream, tiles);
    return true;
}

template bool multiplyMany<F16>(const ProductsArgs &, cudaStream_t);
template bool multiplyMany<Bf16>(const ProductsArgs &, cudaStream_t);

} // namespace volary::cuda
