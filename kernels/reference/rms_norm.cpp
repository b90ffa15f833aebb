#include "kernels/reference/ops.h"

#include <cmath>

namespace volary::reference {

void rmsNorm(const RmsNormArgs &p, Parallel &)
{
    const auto width = std::size_t(p.width);
    for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
        const float *x = p.x + t * width;
        double squares = 0;
        for (std::size_t c = 0; c < width; ++c)
            squares += double(x[c]) * x[c];
        const double root = std::sqrt(squares / p.width + p.epsilonInRoot) + p.epsilon;
        for (std::size_t c = 0; c < width; ++c)
            p.out[t * width + c] = float(x[c] / root);
    }
}

} // namespace volary::reference
