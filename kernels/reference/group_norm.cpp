#include "kernels/reference/normalize.h"
#include "kernels/reference/ops.h"

namespace volary::reference {

void groupNorm(const GroupNormArgs &p, Parallel &)
{
    const int width = p.heads * p.headSize;
    for (int t = 0; t < p.rows; ++t) {
        for (int h = 0; h < p.heads; ++h) {
            const int channel = h * p.headSize;
            const std::size_t at = std::size_t(t) * std::size_t(width) + std::size_t(channel);
            normalize(p.x + at, p.scale + channel, p.shift + channel, p.out + at, p.headSize,
                      double(p.epsilon));
        }
    }
}

} // namespace volary::reference
