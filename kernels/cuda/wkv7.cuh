// One row of wkv7 for heads of N: a few threads share a value row of the state, which they keep in registers.
#pragma once

#include "kernels/cuda/launch.cuh"

#include <cstdint>
#include <cuda_runtime.h>

namespace volary::cuda {

// Sums over a row have kParts7 parts, each of fours of columns. Few threads for a row hold several parts
// each, which spares a launch threads; many hold one and wait less. The parts are summed in pairs as if each
// had a thread of its own, so that both give the same bits.
constexpr int kParts7 = 8;

// Sharers: threads of a value row.
template <int N, int Sharers>
class ValueRow7 {
    static constexpr int kOwn = kParts7 / Sharers; // parts of a thread: its number, and every Sharers-th on
    static constexpr int kFours = N / kParts7 / 4; // of a part
    static constexpr int kStep = 4 * kParts7;      // from one four of a part to the next

public:
    static constexpr int kThreads = N * Sharers;

    struct Sums {
        float4 parts[kOwn];
    };

    // S: a head's state, [N, N]. Thread: 0 .. kThreads - 1.
    __device__ void load(const float *S, int thread)
    {
        m_first = 4 * (thread % Sharers);
        const float *from = S + thread / Sharers * N;
#pragma unroll
        for (int o = 0; o < kOwn; ++o) {
#pragma unroll
            for (int m = 0; m < kFours; ++m)
                m_row[o][m] = mine(from, o, m);
        }
    }

    __device__ void save(float *S, int thread) const
    {
        float *to = S + thread / Sharers * N;
#pragma unroll
        for (int o = 0; o < kOwn; ++o) {
#pragma unroll
            for (int m = 0; m < kFours; ++m)
                *reinterpret_cast<float4 *>(to + columnOf(o, m)) = m_row[o][m];
        }
    }

    // The thread's part of what the row reads: sum() makes it whole. learned: kappa * a. v: of this value
    // row. All threads of the warp take part. The vectors are aligned to 16 bytes.
    __device__ Sums advance(const float *r, const float *w, const float *k, const float *kappa,
                            const float *learned, float v)
    {
        Sums forgottenParts{};
#pragma unroll
        for (int o = 0; o < kOwn; ++o) {
#pragma unroll
            for (int m = 0; m < kFours; ++m)
                forgottenParts.parts[o] =
                    multiplyAdd(m_row[o][m], mine(kappa, o, m), forgottenParts.parts[o]);
        }
        const float forgotten = -sum(forgottenParts);
        Sums read{};
#pragma unroll
        for (int o = 0; o < kOwn; ++o) {
#pragma unroll
            for (int m = 0; m < kFours; ++m) {
                const float4 added = mine(k, o, m);
                const float4 written =
                    multiplyAdd({forgotten, forgotten, forgotten, forgotten}, mine(learned, o, m),
                                {v * added.x, v * added.y, v * added.z, v * added.w});
                m_row[o][m] = multiplyAdd(m_row[o][m], mine(w, o, m), written);
                read.parts[o] = multiplyAdd(m_row[o][m], mine(r, o, m), read.parts[o]);
            }
        }
        return read;
    }

    // Over the threads of a row, on each of them.
    __device__ static float sum(const Sums &sums)
    {
        float parts[kOwn];
#pragma unroll
        for (int o = 0; o < kOwn; ++o)
            parts[o] = (sums.parts[o].x + sums.parts[o].y) + (sums.parts[o].z + sums.parts[o].w);
#pragma unroll
        for (int distance = kOwn / 2; distance > 0; distance /= 2) {
#pragma unroll
            for (int o = 0; o < distance; ++o)
                parts[o] += parts[o + distance];
        }
        float value = parts[0];
#pragma unroll
        for (int distance = Sharers / 2; distance > 0; distance /= 2)
            value += __shfl_xor_sync(0xffffffffu, value, distance);
        return value;
    }

private:
    __device__ int columnOf(int o, int m) const
    {
        return kStep * m + 4 * Sharers * o + m_first;
    }

    __device__ float4 mine(const float *vector, int o, int m) const
    {
        return *reinterpret_cast<const float4 *>(vector + columnOf(o, m));
    }

    __device__ static float4 multiplyAdd(float4 a, float4 b, float4 c)
    {
        return {fmaf(a.x, b.x, c.x), fmaf(a.y, b.y, c.y), fmaf(a.z, b.z, c.z), fmaf(a.w, b.w, c.w)};
    }

    float4 m_row[kOwn][kFours];
    int m_first; // column of the thread's first part
};

} // namespace volary::cuda
