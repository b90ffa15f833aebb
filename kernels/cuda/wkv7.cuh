// One row of wkv7 for heads of N: kParts threads share a value row of the state, which they keep in
// registers.
#pragma once

#include "kernels/cuda/launch.cuh"

#include <cstdint>
#include <cuda_runtime.h>

namespace volary::cuda {

template <int N>
class ValueRow7 {
public:
    static constexpr int kParts = 4;
    static constexpr int kThreads = N * kParts;

    // S: a head's state, [N, N]. Thread: 0 .. kThreads - 1.
    __device__ void load(const float *S, int thread)
    {
        m_part = thread % kParts;
        const float *from = S + thread / kParts * N + 4 * m_part;
#pragma unroll
        for (int m = 0; m < kFours; ++m)
            m_row[m] = *reinterpret_cast<const float4 *>(from + kStep * m);
    }

    __device__ void save(float *S, int thread) const
    {
        float *to = S + thread / kParts * N + 4 * m_part;
#pragma unroll
        for (int m = 0; m < kFours; ++m)
            *reinterpret_cast<float4 *>(to + kStep * m) = m_row[m];
    }

    // The thread's part of what the row reads: sum() makes it whole. learned: kappa * a. v: of this value row.
    // All threads of the warp take part. The vectors are aligned to 16 bytes.
    __device__ float4 advance(const float *r, const float *w, const float *k, const float *kappa,
                             const float *learned, float v)
    {
        float4 forgottenParts{};
#pragma unroll
        for (int m = 0; m < kFours; ++m)
            forgottenParts = multiplyAdd(m_row[m], mine(kappa, m), forgottenParts);
        const float forgotten = sum(forgottenParts);
        float4 read{};
#pragma unroll
        for (int m = 0; m < kFours; ++m) {
            const float4 written =
                multiplyAdd({-forgotten, -forgotten, -forgotten, -forgotten}, mine(learned, m),
                            multiplyAdd({v, v, v, v}, mine(k, m), {}));
            m_row[m] = multiplyAdd(m_row[m], mine(w, m), written);
            read = multiplyAdd(m_row[m], mine(r, m), read);
        }
        return read;
    }

    // Over the kParts neighbouring threads of a row, on each of them.
    __device__ static float sum(float4 parts)
    {
        float value = (parts.x + parts.y) + (parts.z + parts.w);
        for (int distance = kParts / 2; distance > 0; distance /= 2)
            value += __shfl_xor_sync(0xffffffffu, value, distance);
        return value;
    }

private:
    static constexpr int kFours = N / kParts / 4; // of a thread's columns
    static constexpr int kStep = 4 * kParts;      // from one four to the next

    __device__ float4 mine(const float *vector, int m) const
    {
        return *reinterpret_cast<const float4 *>(vector + kStep * m + 4 * m_part);
    }

    __device__ static float4 multiplyAdd(float4 a, float4 b, float4 c)
    {
        return {fmaf(a.x, b.x, c.x), fmaf(a.y, b.y, c.y), fmaf(a.z, b.z, c.z), fmaf(a.w, b.w, c.w)};
    }

    float4 m_row[kFours];
    int m_part;
};

} // namespace volary::cuda
