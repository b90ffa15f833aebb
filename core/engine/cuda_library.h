// The CUDA backend, opened when it is asked for.
#pragma once

#include "core/base/result.h"
#include "kernels/cuda/plugin.h"

namespace volary {

// Looked for in the folder that VOLARY_BACKENDS names, and only there when it is set; else beside the program
// and where programs are installed. Stays open until the program ends.
Result<const CudaLibrary *> openCudaLibrary();

} // namespace volary
