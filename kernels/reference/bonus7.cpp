#include "kernels/reference/ops.h"

namespace volary::reference {

void bonus7(const Bonus7Args &p, Parallel &)
{
    const auto n = std::size_t(p.headSize), heads = std::size_t(p.heads);
    for (std::size_t head = 0; head < std::size_t(p.rows) * heads; ++head) {
        const float *weight = p.weight + head % heads * n;
        double sum = 0;
        for (std::size_t j = 0; j < n; ++j)
            sum += double(p.r[head * n + j]) * p.k[head * n + j] * weight[j];
        for (std::size_t j = 0; j < n; ++j)
            p.out[head * n + j] = float(sum * p.v[head * n + j]);
    }
}

} // namespace volary::reference
