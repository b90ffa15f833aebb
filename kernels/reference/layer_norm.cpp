#include "kernels/reference/normalize.h"
#include "kernels/reference/ops.h"

namespace volary::reference {

void layerNorm(const LayerNormArgs &p, Parallel &)
{
    for (int t = 0; t < p.rows; ++t) {
        const std::size_t at = std::size_t(t) * std::size_t(p.width);
        normalize(p.x + at, p.scale, p.shift, p.out + at, p.width, double(p.epsilon));
    }
}

} // namespace volary::reference
