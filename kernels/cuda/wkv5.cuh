// One row of wkv5 for heads of N: a thread keeps a value column of the state in registers.
#pragma once

#include <cuda_runtime.h>

namespace volary::cuda {

template <int N>
class ValueColumn5 {
public:
    // S: a head's state, [N, N]. Thread: 0 .. N - 1.
    __device__ void load(const float *S, int thread)
    {
#pragma unroll
        for (int i = 0; i < N; ++i)
            m_column[i] = S[i * N + thread];
    }

    __device__ void save(float *S, int thread) const
    {
#pragma unroll
        for (int i = 0; i < N; ++i)
            S[i * N + thread] = m_column[i];
    }

    // What the column reads. v: of this column.
    __device__ float advance(const float *r, const float *decay, const float *k, const float *bonus, float v)
    {
        float read = 0;
#pragma unroll
        for (int i = 0; i < N; ++i) {
            const float written = k[i] * v;
            read = fmaf(r[i], fmaf(bonus[i], written, m_column[i]), read);
            m_column[i] = fmaf(decay[i], m_column[i], written);
        }
        return read;
    }

private:
    float m_column[N];
};

} // namespace volary::cuda
