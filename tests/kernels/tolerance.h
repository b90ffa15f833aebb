// How far a fast kernel may be from the reference, in one place.
#pragma once

#include "core/tensor/dtype.h"

namespace volary::test {

// Largest difference allowed, relative to the largest magnitude of the reference result. Weights are the same
// bits on both sides, so only the rounding of float32 sums differs: about sqrt(I) * 6e-8 for sums of I
// products; 3e-6 leaves room for I = 1,000 and an unlucky draw. Transcendental functions of Highway are good
// to about 1e-6.
// Tensor cores take activations as two halves of the weights' type, which for bf16 hold 17 bits together:
// each product is off by up to 2^-18, and many of them cancel.
inline double tolerance(DType weights)
{
    return weights == DType::BF16 ? 6e-6 : 3e-6;
}

} // namespace volary::test
