// How far a fast kernel may be from the reference, in one place.
#pragma once

#include "core/tensor/dtype.h"

namespace volary::test {

// Largest difference allowed, relative to the largest magnitude of the reference result. Weights are the same
// bits on both sides, so only the rounding of float32 sums differs: about sqrt(I) * 6e-8 for sums of I
// products; 3e-6 leaves room for I = 1,000 and an unlucky draw. Transcendental functions of Highway are good
// to about 1e-6.
inline double tolerance(DType)
{
    return 3e-6;
}

} // namespace volary::test
