#include "kernels/reference/ops.h"

#include <cmath>

namespace volary::reference {

namespace {

void turn(const float *x, float *out, double position, double base, int headSize)
{
    for (int c = 0; c < headSize; c += 2) {
        const double angle = position * std::pow(base, -double(c) / headSize);
        const double cosine = std::cos(angle), sine = std::sin(angle), a = x[c], b = x[c + 1];
        out[c] = float(a * cosine - b * sine);
        out[c + 1] = float(a * sine + b * cosine);
    }
}

} // namespace

void rope(const RopeArgs &p, Parallel &)
{
    const RowMap &map = p.positions.map;
    for (int b = 0; b < map.sequences; ++b) {
        for (int t = map.firstRow[b]; t < map.firstRow[b + 1]; ++t) {
            const double position = double(p.positions.first[b] + t - map.firstRow[b]);
            for (int h = 0; h < p.heads; ++h) {
                const auto at = std::size_t(t * p.heads + h) * std::size_t(p.headSize);
                turn(p.x + at, p.out + at, position, p.base, p.headSize);
            }
        }
    }
}

} // namespace volary::reference
