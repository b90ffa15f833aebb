#include "kernels/reference/ops.h"

namespace volary::reference {

void scaleKey7(const ScaleKey7Args &p, Parallel &)
{
    const auto width = std::size_t(p.width);
    for (std::size_t i = 0; i < std::size_t(p.rows) * width; ++i)
        p.out[i] = float(double(p.k[i]) * (1 + (double(p.a[i]) - 1) * double(p.rate[i % width])));
}

} // namespace volary::reference
