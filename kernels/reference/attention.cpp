#include "core/base/half.h"
#include "kernels/reference/ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace volary::reference {

namespace {

double numberAt(const void *rows, DType type, std::size_t at)
{
    return type == DType::F16 ? f16ToFloat(static_cast<const std::uint16_t *>(rows)[at])
                              : static_cast<const float *>(rows)[at];
}

// One head of one row meets the positions begin .. end-1, counted from the first key.
void attend(const AttentionArgs &p, std::size_t row, std::size_t head, std::size_t begin, std::size_t end)
{
    const auto N = std::size_t(p.headSize), H = std::size_t(p.heads), K = std::size_t(p.keyHeads);
    const std::size_t at = row * H + head, group = head * K / H;
    const auto index = [&](std::size_t i, std::size_t c) { return (i * K + group) * N + c; };
    std::vector<double> weights(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
        double product = 0;
        for (std::size_t c = 0; c < N; ++c)
            product += double(p.q[at * N + c]) * numberAt(p.keys, p.type, index(i, c));
        weights[i - begin] = product / std::sqrt(double(N));
    }
    const double largest = std::max(double(p.maxima[at]), *std::ranges::max_element(weights));
    const double shrink = std::exp(double(p.maxima[at]) - largest);
    double sum = double(p.sums[at]) * shrink;
    for (double &weight : weights)
        sum += weight = std::exp(weight - largest);
    for (std::size_t c = 0; c < N; ++c) {
        double read = double(p.out[at * N + c]) * shrink;
        for (std::size_t i = begin; i < end; ++i)
            read += weights[i - begin] * numberAt(p.values, p.type, index(i, c));
        p.out[at * N + c] = float(read);
    }
    p.maxima[at] = float(largest);
    p.sums[at] = float(sum);
}

} // namespace

void attention(const AttentionArgs &p, Parallel &)
{
    for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
        const std::int64_t end = std::min(p.until, p.first + std::int64_t(t) + 1);
        for (std::size_t h = 0; h < std::size_t(p.heads); ++h) {
            for (std::int64_t at = p.from; at < end; at += kAttentionTile)
                attend(p, t, h, std::size_t(at - p.from),
                       std::size_t(std::min(at + kAttentionTile, end) - p.from));
        }
    }
}

void keepRows(const KeepRowsArgs &p)
{
    if (p.type == DType::F32) {
        std::memcpy(p.to, p.x, std::size_t(p.count) * sizeof(float));
        return;
    }
    for (std::int64_t i = 0; i < p.count; ++i)
        static_cast<std::uint16_t *>(p.to)[i] = floatToF16(p.x[i]);
}

} // namespace volary::reference
