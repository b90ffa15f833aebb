#include "kernels/reference/ops.h"

#include <algorithm>

namespace volary::reference {

void repeatHeads(const RepeatHeadsArgs &p, Parallel &)
{
    const auto N = std::size_t(p.headSize), heads = std::size_t(p.heads), given = std::size_t(p.headsGiven);
    for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
        for (std::size_t h = 0; h < heads; ++h)
            std::copy_n(p.x + (t * given + h * given / heads) * N, N, p.out + (t * heads + h) * N);
    }
}

} // namespace volary::reference
