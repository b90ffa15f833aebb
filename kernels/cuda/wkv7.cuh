// One row of wkv7 for heads of N: kParts threads share a value row of the state, which they keep in
// registers.
#pragma once

#include "kernels/cuda/launch.cuh"

#include <cstdint>

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
#pragma unroll
        for (int m = 0; m < kOwn; ++m)
            m_row[m] = S[thread / kParts * N + kParts * m + m_part];
    }

    __device__ void save(float *S, int thread) const
    {
#pragma unroll
        for (int m = 0; m < kOwn; ++m)
            S[thread / kParts * N + kParts * m + m_part] = m_row[m];
    }

    // What the row reads; all threads of the warp take part. learned: kappa * a. v: of this value row.
    __device__ float advance(const float *r, const float *w, const float *k, const float *kappa,
                             const float *learned, float v)
    {
        float forgotten = 0;
#pragma unroll
        for (int m = 0; m < kOwn; ++m)
            forgotten = fmaf(m_row[m], kappa[kParts * m + m_part], forgotten);
        forgotten = sum(forgotten);
        float read = 0;
#pragma unroll
        for (int m = 0; m < kOwn; ++m) {
            const int column = kParts * m + m_part;
            m_row[m] = fmaf(m_row[m], w[column], fmaf(-forgotten, learned[column], v * k[column]));
            read = fmaf(m_row[m], r[column], read);
        }
        return sum(read);
    }

private:
    static constexpr int kOwn = N / kParts; // a thread's columns: kParts * m + its part

    // Over the kParts neighbouring threads of a row, on each of them.
    __device__ static float sum(float value)
    {
        for (int distance = kParts / 2; distance > 0; distance /= 2)
            value += __shfl_xor_sync(0xffffffffu, value, distance);
        return value;
    }

    float m_row[kOwn];
    int m_part;
};

} // namespace volary::cuda
