#include "kernels/reference/ops.h"

#include <cmath>

namespace volary::reference {

void activate(const ActivateArgs &p, Parallel &)
{
    for (std::int64_t i = 0; i < p.count; ++i) {
        const double x = p.x[i];
        switch (p.activation) {
        case Activation::Tanh: p.out[i] = float(std::tanh(x)); break;
        case Activation::Sigmoid: p.out[i] = float(1 / (1 + std::exp(-x))); break;
        case Activation::SquaredRelu: p.out[i] = float(x > 0 ? x * x : 0); break;
        case Activation::Silu: p.out[i] = float(x / (1 + std::exp(-x))); break;
        case Activation::OneMinusDecay6: p.out[i] = float(-std::expm1(-std::exp(x))); break;
        }
    }
}

} // namespace volary::reference
