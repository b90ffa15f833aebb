#include "kernels/reference/ops.h"

#include <cmath>

namespace volary::reference {

void decay7(const Decay7Args &p, Parallel &)
{
    for (std::int64_t i = 0; i < p.count; ++i)
        p.out[i] = float(std::exp(-kDecay7Bound / (1 + std::exp(-double(p.x[i])))));
}

} // namespace volary::reference
