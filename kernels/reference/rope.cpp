#include "kernels/reference/ops.h"

#include <cmath>

namespace volary::reference {

namespace {

void turn(const float *x, float *out, double position, const RopeArgs &p)
{
    for (int j = 0; j < p.headSize / 2; ++j) {
        const int first = p.halves ? j : 2 * j, second = p.halves ? j + p.headSize / 2 : 2 * j + 1;
        const double angle = position * std::pow(p.base, -2.0 * j / p.headSize);
        const double cosine = std::cos(angle), sine = std::sin(angle), a = x[first], b = x[second];
        out[first] = float(a * cosine - b * sine);
        out[second] = float(a * sine + b * cosine);
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
                turn(p.x + at, p.out + at, position, p);
            }
        }
    }
}

} // namespace volary::reference
