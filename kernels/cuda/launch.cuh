// Starting kernels, and sums over warps and blocks whose order never changes.
#pragma once

#include <cuda_runtime.h>

namespace volary::cuda {

template <typename... Parameters, typename... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, cudaStream_t stream, Arguments... arguments)
{
    kernel<<<grid, block, 0, stream>>>(arguments...);
}

// Whether this code, as it was loaded, knows how to wait for the launch before it (waitForEarlierLaunch).
bool canStartEarly();

// Starts a kernel that may begin while the launch before it still runs, where the device can. The kernel
// reads nothing but weights, and states that only it writes, until it has called waitForEarlierLaunch();
// every thread calls it.
template <typename Args>
void launchEarly(void (*kernel)(Args), dim3 grid, dim3 block, std::size_t sharedBytes, cudaStream_t stream,
                 const Args &args)
{
    cudaLaunchAttribute early{};
    early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    early.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = sharedBytes;
    config.stream = stream;
    config.attrs = &early;
    config.numAttrs = canStartEarly() ? 1 : 0;
    cudaLaunchKernelEx(&config, kernel, args); // a failure is found by cudaGetLastError()
}

// Lets the next launch begin as soon as there is room for it.
__device__ inline void letNextLaunchStart()
{
#if __CUDA_ARCH__ >= 900
    cudaTriggerProgrammaticLaunchCompletion();
#endif
}

// All that the launch before wrote is visible afterwards.
__device__ inline void waitForEarlierLaunch()
{
#if __CUDA_ARCH__ >= 900
    cudaGridDependencySynchronize();
#endif
}

constexpr int kWarp = 32;

inline unsigned blocksFor(long long count, int perBlock)
{
    return unsigned((count + perBlock - 1) / perBlock);
}

// The sum over all 32 lanes, on every lane; each must take part.
__device__ inline float warpSum(float value)
{
    for (int distance = kWarp / 2; distance > 0; distance /= 2)
        value += __shfl_xor_sync(0xffffffffu, value, distance);
    return value;
}

// The sum over a block of whole warps, on every thread; `scratch` is shared, one number per warp.
__device__ inline float blockSum(float value, float *scratch)
{
    value = warpSum(value);
    __syncthreads(); // the last sum has been read by everybody
    if (threadIdx.x % kWarp == 0)
        scratch[threadIdx.x / kWarp] = value;
    __syncthreads();
    float sum = 0;
    for (unsigned warp = 0; warp < blockDim.x / kWarp; ++warp)
        sum += scratch[warp];
    return sum;
}

} // namespace volary::cuda
