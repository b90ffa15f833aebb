#include "kernels/cuda/errors.h"

#include "core/base/text.h"

namespace volary::cuda {

Result<> check(cudaError_t status, const char *doing)
{
    if (status == cudaSuccess)
        return {};
    return Error{ErrorCode::DeviceLost,
                 format("The GPU failed while %s: %s.", doing, cudaGetErrorString(status)),
                 "Restart the program; if it happens again, use the cpu backend."};
}

} // namespace volary::cuda
