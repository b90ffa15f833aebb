#include "kernels/reference/ops.h"

namespace volary::reference {

void rowMatrix(const RowMatrixArgs &p, Parallel &)
{
    const auto inputs = std::size_t(p.inputs), outputs = std::size_t(p.outputs);
    for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
        for (std::size_t o = 0; o < outputs; ++o) {
            double sum = 0;
            for (std::size_t i = 0; i < inputs; ++i)
                sum += double(p.x[t * inputs + i]) * double(p.m[(t * inputs + i) * outputs + o]);
            p.out[t * outputs + o] = float(sum);
        }
    }
}

} // namespace volary::reference
