// activate: an activation function, element by element: tanh(x), sigmoid(x) = 1 / (1 + exp(-x)), max(x, 0)^2,
// silu(x) = x * sigmoid(x), or 1 - exp(-exp(x)), what decay6 leaves for the new (no
// difference of nearly equal numbers: small results keep their digits).
#pragma once

#include "core/tensor/plan.h"

namespace volary {

struct ActivateArgs {
    const float *x;
    float *out; // may be x
    std::int64_t count;
    Activation activation;
};

} // namespace volary
