// Rotary positions. A row needs N / 2 sines, which all its heads share: next to the matrix products around
// it, this is nothing.
#include "kernels/cpu/ops.h"

#include <cmath>
#include <vector>

namespace volary::cpu {

namespace {

struct Turn {
    float cosine, sine;
};

// Angles in double: at a million tokens a float32 angle has lost its fraction.
void fill(std::vector<Turn> &turns, double position, double base, int headSize)
{
    for (std::size_t j = 0; j < turns.size(); ++j) {
        const double angle = position * std::pow(base, -2 * double(j) / headSize);
        turns[j] = {float(std::cos(angle)), float(std::sin(angle))};
    }
}

void turnHead(const float *x, float *out, const std::vector<Turn> &turns, bool halves)
{
    for (std::size_t j = 0; j < turns.size(); ++j) {
        const std::size_t first = halves ? j : 2 * j, second = halves ? j + turns.size() : 2 * j + 1;
        const float a = x[first], b = x[second];
        out[first] = a * turns[j].cosine - b * turns[j].sine;
        out[second] = a * turns[j].sine + b * turns[j].cosine;
    }
}

} // namespace

void rope(const RopeArgs &p, Parallel &)
{
    const RowMap &map = p.positions.map;
    std::vector<Turn> turns(std::size_t(p.headSize / 2));
    for (int b = 0; b < map.sequences; ++b) {
        for (int t = map.firstRow[b]; t < map.firstRow[b + 1]; ++t) {
            fill(turns, double(p.positions.first[b] + t - map.firstRow[b]), p.base, p.headSize);
            for (int h = 0; h < p.heads; ++h) {
                const auto at = std::size_t(t * p.heads + h) * std::size_t(p.headSize);
                turnHead(p.x + at, p.out + at, turns, p.halves);
            }
        }
    }
}

} // namespace volary::cpu
