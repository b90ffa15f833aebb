// What the device can do at best, measured.
#include "kernels/cuda/backend.h"
#include "kernels/cuda/errors.h"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/memory.h"

#include <cuda_fp16.h>
#include <mma.h>

#include <algorithm>
#include <functional>

namespace volary::cuda {

namespace {

constexpr std::size_t kBytes = std::size_t(1) << 30; // beyond every cache
constexpr int kRepeats = 7;
constexpr int kBlock = 256;
constexpr int kBlocks = 1056; // eight on each multiprocessor of the largest devices
constexpr int kRounds = 2000; // of the matrix units

__global__ void __launch_bounds__(kBlock) readAll(const uint4 *from, std::size_t count, unsigned *sink)
{
    unsigned mixed = 0;
    const std::size_t stride = std::size_t(gridDim.x) * kBlock;
#pragma unroll 8
    for (std::size_t i = std::size_t(blockIdx.x) * kBlock + threadIdx.x; i < count; i += stride) {
        const uint4 some = __ldg(from + i);
        mixed ^= some.x ^ some.y ^ some.z ^ some.w;
    }
    if (mixed == 0x12345678u) // never for the bytes of measureDevice(); keeps the loads
        *sink = mixed;
}

// Eight independent 16 x 16 x 16 products of f16 with f32 sums per warp and round.
__global__ void __launch_bounds__(kBlock) multiplyMatrices(int rounds, float *sink)
{
    namespace wmma = nvcuda::wmma;
    wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> a;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::col_major> b;
    wmma::fragment<wmma::accumulator, 16, 16, 16, float> sums[8];
    wmma::fill_fragment(a, __float2half(0.01f * float(threadIdx.x % 7 + 1)));
    wmma::fill_fragment(b, __float2half(0.02f));
    for (auto &sum : sums)
        wmma::fill_fragment(sum, 0.0f);
    for (int r = 0; r < rounds; ++r) {
#pragma unroll
        for (auto &sum : sums)
            wmma::mma_sync(sum, a, b, sum);
    }
    float total = 0;
    for (auto &sum : sums) { // every element, or half of the products would be left out as unused
        for (int i = 0; i < sum.num_elements; ++i)
            total += sum.x[i];
    }
    if (total == -1) // never: every product is positive
        *sink = total;
}

class Stopwatch {
public:
    Stopwatch()
    {
        cudaEventCreate(&m_begin);
        cudaEventCreate(&m_end);
    }
    ~Stopwatch()
    {
        cudaEventDestroy(m_begin);
        cudaEventDestroy(m_end);
    }
    Stopwatch(const Stopwatch &) = delete;
    Stopwatch &operator=(const Stopwatch &) = delete;

    // The best of several runs after one to warm up.
    Result<double> bestSeconds(const std::function<void()> &run)
    {
        double best = 1e9;
        for (int i = 0; i <= kRepeats; ++i) {
            cudaEventRecord(m_begin);
            run();
            cudaEventRecord(m_end);
            TRY_(check(cudaGetLastError(), "measuring it"));
            TRY_(check(cudaEventSynchronize(m_end), "measuring it"));
            float milliseconds = 0;
            TRY_(check(cudaEventElapsedTime(&milliseconds, m_begin, m_end), "measuring it"));
            if (i > 0)
                best = std::min(best, double(milliseconds) * 1e-3);
        }
        return best;
    }

private:
    cudaEvent_t m_begin = nullptr, m_end = nullptr;
};

} // namespace

Result<DeviceRates> measureDevice()
{
    TRY(const auto from, DeviceBuffer::create(kBytes));
    TRY(const auto to, DeviceBuffer::create(kBytes));
    TRY_(check(cudaMemset(from->device(), 1, kBytes), "measuring it"));
    Stopwatch stopwatch;
    DeviceRates rates;
    TRY(const double read, stopwatch.bestSeconds([&] {
        launch(readAll, dim3(kBlocks), dim3(kBlock), nullptr, reinterpret_cast<const uint4 *>(from->device()),
               kBytes / sizeof(uint4), reinterpret_cast<unsigned *>(to->device()));
    }));
    rates.readGbPerSecond = double(kBytes) / read * 1e-9;
    TRY(const double copy, stopwatch.bestSeconds([&] {
        cudaMemcpyAsync(to->device(), from->device(), kBytes, cudaMemcpyDeviceToDevice, nullptr);
    }));
    rates.copyGbPerSecond = 2 * double(kBytes) / copy * 1e-9;
    TRY(const double compute, stopwatch.bestSeconds([&] {
        launch(multiplyMatrices, dim3(kBlocks), dim3(kBlock), nullptr, kRounds,
               reinterpret_cast<float *>(to->device()));
    }));
    const double products = double(kBlocks) * kBlock / kWarp * 8 * kRounds;
    rates.matrixTflopPerSecond = products * 2 * 16 * 16 * 16 / compute * 1e-12;
    return rates;
}

} // namespace volary::cuda
