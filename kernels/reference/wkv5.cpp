#include "kernels/reference/ops.h"

namespace volary::reference {

namespace {

// One row of one head. S is [N, N]; r, decay, k, v and bonus are that head's N numbers.
void advance(float *S, const float *r, const float *decay, const float *k, const float *v, const float *bonus,
             float *out, std::size_t N)
{
    for (std::size_t j = 0; j < N; ++j) {
        double read = 0;
        for (std::size_t i = 0; i < N; ++i) {
            float &s = S[i * N + j];
            const double written = double(k[i]) * v[j];
            read += r[i] * (s + bonus[i] * written);
            s = float(double(decay[i]) * s + written);
        }
        out[j] = float(read);
    }
}

} // namespace

void wkv5(const Wkv5Args &p, Parallel &)
{
    const auto N = std::size_t(p.headSize), width = std::size_t(p.heads) * N;
    for (int b = 0; b < p.map.sequences; ++b) {
        for (int t = p.map.firstRow[b]; t < p.map.firstRow[b + 1]; ++t) {
            for (std::size_t h = 0; h < std::size_t(p.heads); ++h) {
                const std::size_t at = std::size_t(t) * width + h * N;
                advance(p.states[b] + h * N * N, p.r + at, p.decay + (p.decayPerRow ? at : h * N), p.k + at,
                        p.v + at, p.bonus + h * N, p.out + at, N);
            }
        }
    }
}

} // namespace volary::reference
