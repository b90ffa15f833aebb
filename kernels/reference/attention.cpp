#include "kernels/reference/ops.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace volary::reference {

namespace {

// One head of one row over `count` positions; `stride` numbers lie from one position to the next.
void attend(const float *q, const float *keys, const float *values, float *out, std::size_t count,
            std::size_t stride, std::size_t N)
{
    std::vector<double> weights(count);
    for (std::size_t i = 0; i < count; ++i) {
        double product = 0;
        for (std::size_t c = 0; c < N; ++c)
            product += double(q[c]) * keys[i * stride + c];
        weights[i] = product / std::sqrt(double(N));
    }
    const double largest = *std::ranges::max_element(weights);
    double sum = 0;
    for (double &weight : weights)
        sum += weight = std::exp(weight - largest);
    for (std::size_t c = 0; c < N; ++c) {
        double read = 0;
        for (std::size_t i = 0; i < count; ++i)
            read += weights[i] * values[i * stride + c];
        out[c] = float(read / sum);
    }
}

} // namespace

void attention(const AttentionArgs &p, Parallel &)
{
    const auto N = std::size_t(p.headSize), width = std::size_t(p.heads) * N,
               keyWidth = std::size_t(p.keyHeads) * N;
    const RowMap &map = p.positions.map;
    for (int b = 0; b < map.sequences; ++b) {
        for (int t = map.firstRow[b]; t < map.firstRow[b + 1]; ++t) {
            const auto count = std::size_t(p.positions.first[b] + t - map.firstRow[b] + 1);
            for (std::size_t h = 0; h < std::size_t(p.heads); ++h) {
                const std::size_t at = std::size_t(t) * width + h * N;
                const std::size_t group = h * std::size_t(p.keyHeads) / std::size_t(p.heads) * N;
                attend(p.q + at, p.keys[b] + group, p.values[b] + group, p.out + at, count, keyWidth, N);
            }
        }
    }
}

} // namespace volary::reference
