#include "kernels/reference/ops.h"

#include <algorithm>
#include <cmath>

namespace volary::reference {

namespace {

// Numerator, denominator and maximum of one channel.
struct Sums {
    double A, B, P;
};

// The sums with one more value, which counts e^weight; all relative to the new maximum.
Sums with(const Sums &old, double weight, double value)
{
    const double maximum = std::max(old.P, weight);
    const double before = std::exp(old.P - maximum), now = std::exp(weight - maximum);
    return {before * old.A + now * value, before * old.B + now, maximum};
}

} // namespace

void wkv4(const Wkv4Args &p, Parallel &)
{
    const auto width = std::size_t(p.width);
    for (int b = 0; b < p.map.sequences; ++b) {
        float *A = p.numerators[b], *B = p.denominators[b], *P = p.maxima[b];
        for (int t = p.map.firstRow[b]; t < p.map.firstRow[b + 1]; ++t) {
            for (std::size_t c = 0; c < width; ++c) {
                const std::size_t at = std::size_t(t) * width + c;
                const double k = p.k[at], v = p.v[at];
                const Sums read = with({A[c], B[c], P[c]}, p.bonus[c] + k, v);
                const Sums next = with({A[c], B[c], double(P[c]) + p.logDecay[c]}, k, v);
                p.out[at] = float(read.A / read.B);
                A[c] = float(next.A);
                B[c] = float(next.B);
                P[c] = float(next.P);
            }
        }
    }
}

} // namespace volary::reference
