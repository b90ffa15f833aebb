// activate: an activation function, element by element: tanh(x), sigmoid(x) = 1 / (1 + exp(-x)), max(x, 0)^2,
// or silu(x) = x * sigmoid(x).
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
