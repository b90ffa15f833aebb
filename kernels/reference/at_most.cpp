#include "kernels/reference/ops.h"

#include <algorithm>

namespace volary::reference {

void atMost(const AtMostArgs &p, Parallel &)
{
    for (std::int64_t i = 0; i < p.count; ++i)
        p.out[i] = std::min(p.x[i], p.bound);
}

} // namespace volary::reference
