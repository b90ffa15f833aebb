// The only symbol that the library shows.
#include "kernels/cuda/backend.h"
#include "kernels/cuda/plugin.h"

extern "C" [[gnu::visibility("default")]] const volary::CudaLibrary *volaryCudaLibrary()
{
    static constexpr volary::CudaLibrary library{.layout = volary::cudaLayout(),
                                                 .describe = volary::cuda::describeDevice,
                                                 .make = volary::cuda::makeBackend,
                                                 .measure = volary::cuda::measureDevice};
    return &library;
}
