#include "kernels/reference/ops.h"
#include "kernels/reference/weight.h"

namespace volary::reference {

void linear(const LinearArgs &p, Parallel &)
{
    const auto inputs = std::size_t(p.weight.inputs), outputs = std::size_t(p.weight.outputs);
    for (std::size_t o = 0; o < outputs; ++o) {
        const std::vector<float> row = weightRow(p.weight, o);
        for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
            double sum = 0;
            for (std::size_t i = 0; i < inputs; ++i)
                sum += double(row[i]) * double(p.x[t * inputs + i]);
            p.out[t * outputs + o] = float(sum);
        }
    }
}

} // namespace volary::reference
