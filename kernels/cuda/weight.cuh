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
// a multiple of 16 bytes and all eight exist.
template <bool Wide, typename T>
__device__ inline Eight<T> loadEight(const T *from, int count)
{
    Eight<T> eight;
    if constexpr (Wide) {
        constexpr int kParts = sizeof(Eight<T>) / sizeof(uint4);
        for (int part = 0; part < kParts; ++part)
            reinterpret_cast<uint4 *>(&eight)[part] = __ldg(reinterpret_cast<const uint4 *>(from) + part);
    } else {
        for (int i = 0; i < 8; ++i)
            eight.items[i] = i < count ? from[i] : T{};
    }
    return eight;
}

} // namespace volary::cuda
