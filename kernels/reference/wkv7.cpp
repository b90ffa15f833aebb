#include "kernels/reference/ops.h"

namespace volary::reference {

namespace {

// One row of one head. S is [N, N]; r, w, k, v, kappa and a are that head's N numbers.
void advance(float *S, const float *r, const float *w, const float *k, const float *v, const float *kappa,
             const float *a, float *out, int N)
{
    for (int i = 0; i < N; ++i) {
        float *row = S + std::size_t(i) * std::size_t(N);
        double forgotten = 0;
        for (int j = 0; j < N; ++j)
            forgotten += double(row[j]) * kappa[j];
        double read = 0;
        for (int j = 0; j < N; ++j) {
            const double next =
                double(row[j]) * w[j] - forgotten * (double(kappa[j]) * a[j]) + double(v[i]) * k[j];
            row[j] = float(next);
            read += next * r[j];
        }
        out[i] = float(read);
    }
}

} // namespace

void wkv7(const Wkv7Args &p, Parallel &)
{
    const auto N = std::size_t(p.headSize), width = std::size_t(p.heads) * N;
    for (int b = 0; b < p.map.sequences; ++b) {
        for (int t = p.map.firstRow[b]; t < p.map.firstRow[b + 1]; ++t) {
            for (std::size_t h = 0; h < std::size_t(p.heads); ++h) {
                const std::size_t at = std::size_t(t) * width + h * N;
                advance(p.states[b] + h * N * N, p.r + at, p.w + at, p.k + at, p.v + at, p.kappa + at,
                        p.a + at, p.out + at, p.headSize);
            }
        }
    }
}

} // namespace volary::reference
