// activate: an activation function, element by element: tanh(x), 1 / (1 + exp(-x)), or max(x, 0)^2.
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
