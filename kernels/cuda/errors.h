// What the CUDA runtime answers, as errors for people.
#pragma once

#include "core/base/result.h"

#include <cuda_runtime.h>

namespace volary::cuda {

// `doing` completes "The GPU failed while ...".
Result<> check(cudaError_t status, const char *doing);

} // namespace volary::cuda
