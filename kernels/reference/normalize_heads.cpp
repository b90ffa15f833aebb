#include "kernels/reference/ops.h"

#include <algorithm>
#include <cmath>

namespace volary::reference {

void normalizeHeads(const NormalizeHeadsArgs &p, Parallel &)
{
    const auto n = std::size_t(p.headSize);
    for (std::size_t head = 0; head < std::size_t(p.rows) * std::size_t(p.heads); ++head) {
        double squares = 0;
        for (std::size_t j = 0; j < n; ++j)
            squares += double(p.x[head * n + j]) * double(p.x[head * n + j]);
        const double length = std::max(std::sqrt(squares), 1e-12);
        for (std::size_t j = 0; j < n; ++j)
            p.out[head * n + j] = float(double(p.x[head * n + j]) / length);
    }
}

} // namespace volary::reference
