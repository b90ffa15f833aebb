// Weights of every stored type as float32, eight at a time.
#pragma once

#include <cstdint>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

namespace volary::cuda {

struct F16 {
    std::uint16_t bits;
};
struct Bf16 {
    std::uint16_t bits;
};

__device__ inline float toFloat(float value)
{
    return value;
}
__device__ inline float toFloat(F16 value)
{
    return __half2float(__ushort_as_half(value.bits));
}
__device__ inline float toFloat(Bf16 value)
{
    return __uint_as_float(unsigned(value.bits) << 16);
}

// Eight neighbours as they lie in memory.
template <typename T>
struct alignas(16) Eight {
    T items[8];
};

// Reads the eight numbers that begin at `from`, of which `count` exist; the others are zero. Wide: `from` is
// a multiple of 16 bytes and all eight exist. Weights are read once: they leave the first cache to the
// activations.
template <bool Wide, typename T>
__device__ inline Eight<T> loadWeights(const T *from, int count)
{
    Eight<T> eight;
    if constexpr (Wide) {
        constexpr int kParts = sizeof(Eight<T>) / sizeof(uint4);
        for (int part = 0; part < kParts; ++part) {
            uint4 &to = reinterpret_cast<uint4 *>(&eight)[part];
            asm("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
                : "=r"(to.x), "=r"(to.y), "=r"(to.z), "=r"(to.w)
                : "l"(reinterpret_cast<const uint4 *>(from) + part));
        }
    } else {
        for (int i = 0; i < 8; ++i)
            eight.items[i] = i < count ? from[i] : T{};
    }
    return eight;
}

// The same of activations, which the launch before may have written.
template <bool Wide>
__device__ inline Eight<float> loadActivations(const float *from, int count)
{
    Eight<float> eight;
    if constexpr (Wide) {
        eight = *reinterpret_cast<const Eight<float> *>(from);
    } else {
        for (int i = 0; i < 8; ++i)
            eight.items[i] = i < count ? from[i] : 0;
    }
    return eight;
}

} // namespace volary::cuda
