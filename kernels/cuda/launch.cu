#include "kernels/cuda/launch.cuh"

namespace volary::cuda {

namespace {

__global__ void asLoaded() {}

} // namespace

bool canStartEarly()
{
    static const bool can = [] {
        int major = 0;
        cudaFuncAttributes attributes{};
        return cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0) == cudaSuccess &&
               cudaFuncGetAttributes(&attributes, asLoaded) == cudaSuccess && major >= 9 &&
               attributes.ptxVersion >= 90;
    }();
    return can;
}

} // namespace volary::cuda
