#include "kernels/reference/ops.h"

namespace volary::reference {

void lerp(const LerpArgs &p, Parallel &)
{
    const auto width = std::size_t(p.width);
    for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
        const float *mix = p.mix + (p.mixPerRow ? t * width : 0);
        for (std::size_t c = 0; c < width; ++c) {
            const double x = p.x[t * width + c], y = p.y[t * width + c];
            p.out[t * width + c] = float(x + (y - x) * mix[c]);
        }
    }
}

} // namespace volary::reference
