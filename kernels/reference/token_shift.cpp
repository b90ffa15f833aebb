#include "kernels/reference/ops.h"

namespace volary::reference {

void tokenShift(const TokenShiftArgs &p, Parallel &)
{
    const auto width = std::size_t(p.width);
    for (int b = 0; b < p.map.sequences; ++b) {
        float *previous = p.states[b];
        for (int t = p.map.firstRow[b]; t < p.map.firstRow[b + 1]; ++t) {
            const std::size_t at = std::size_t(t) * width;
            for (std::size_t c = 0; c < width; ++c) {
                p.out[at + c] = previous[c];
                previous[c] = p.x[at + c];
            }
        }
    }
}

} // namespace volary::reference
