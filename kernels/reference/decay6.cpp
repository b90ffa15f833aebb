#include "kernels/reference/ops.h"

#include <cmath>

namespace volary::reference {

void decay6(const Decay6Args &p, Parallel &)
{
    for (std::int64_t i = 0; i < p.count; ++i)
        p.out[i] = float(std::exp(-std::exp(double(p.x[i]))));
}

} // namespace volary::reference
