// Ops in which every number depends on its own place only.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/ops.h"

namespace volary::cuda {

namespace {

constexpr int kBlock = 256;

template <typename Args, typename Function>
__global__ void __launch_bounds__(kBlock) forEach(Args p, std::int64_t count, Function function)
{
    const std::int64_t i = std::int64_t(blockIdx.x) * kBlock + threadIdx.x;
    if (i < count)
        p.out[i] = function(p, i);
}

template <typename Args, typename Function>
void startForEach(const Args &p, std::int64_t count, Function function, cudaStream_t stream)
{
    launch(forEach<Args, Function>, dim3(blocksFor(count, kBlock)), dim3(kBlock), stream, p, count, function);
}

__device__ float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

struct Tanh {
    __device__ float operator()(const ActivateArgs &p, std::int64_t i) const { return tanhf(p.x[i]); }
};
struct Sigmoid {
    __device__ float operator()(const ActivateArgs &p, std::int64_t i) const { return sigmoid(p.x[i]); }
};
struct SquaredRelu {
    __device__ float operator()(const ActivateArgs &p, std::int64_t i) const
    {
        const float x = fmaxf(p.x[i], 0);
        return x * x;
    }
};
struct Silu {
    __device__ float operator()(const ActivateArgs &p, std::int64_t i) const
    {
        return p.x[i] * sigmoid(p.x[i]);
    }
};
struct OneMinusDecay6 {
    __device__ float operator()(const ActivateArgs &p, std::int64_t i) const
    {
        return -expm1f(-expf(p.x[i]));
    }
};
struct Decay6 {
    __device__ float operator()(const Decay6Args &p, std::int64_t i) const { return expf(-expf(p.x[i])); }
};
struct Decay7 {
    __device__ float operator()(const Decay7Args &p, std::int64_t i) const
    {
        return expf(-float(kDecay7Bound) * sigmoid(p.x[i]));
    }
};
struct Add {
    __device__ float operator()(const ElementwiseArgs &p, std::int64_t i) const
    {
        return p.a[i] + p.b[p.broadcast ? i % p.width : i];
    }
};
struct Mul {
    __device__ float operator()(const ElementwiseArgs &p, std::int64_t i) const
    {
        return p.a[i] * p.b[p.broadcast ? i % p.width : i];
    }
};
struct Lerp {
    __device__ float operator()(const LerpArgs &p, std::int64_t i) const
    {
        return fmaf(p.y[i] - p.x[i], p.mix[p.mixPerRow ? i : i % p.width], p.x[i]);
    }
};
struct ScaleKey7 {
    __device__ float operator()(const ScaleKey7Args &p, std::int64_t i) const
    {
        return p.k[i] * fmaf(p.a[i] - 1, p.rate[i % p.width], 1);
    }
};

} // namespace

void activate(const ActivateArgs &p, cudaStream_t stream)
{
    switch (p.activation) {
    case Activation::Tanh: startForEach(p, p.count, Tanh{}, stream); break;
    case Activation::Sigmoid: startForEach(p, p.count, Sigmoid{}, stream); break;
    case Activation::SquaredRelu: startForEach(p, p.count, SquaredRelu{}, stream); break;
    case Activation::Silu: startForEach(p, p.count, Silu{}, stream); break;
    case Activation::OneMinusDecay6: startForEach(p, p.count, OneMinusDecay6{}, stream); break;
    }
}

void decay6(const Decay6Args &p, cudaStream_t stream)
{
    startForEach(p, p.count, Decay6{}, stream);
}

void decay7(const Decay7Args &p, cudaStream_t stream)
{
    startForEach(p, p.count, Decay7{}, stream);
}

void add(const ElementwiseArgs &p, cudaStream_t stream)
{
    startForEach(p, std::int64_t(p.rows) * p.width, Add{}, stream);
}

void mul(const ElementwiseArgs &p, cudaStream_t stream)
{
    startForEach(p, std::int64_t(p.rows) * p.width, Mul{}, stream);
}

void lerp(const LerpArgs &p, cudaStream_t stream)
{
    startForEach(p, std::int64_t(p.rows) * p.width, Lerp{}, stream);
}

void scaleKey7(const ScaleKey7Args &p, cudaStream_t stream)
{
    startForEach(p, std::int64_t(p.rows) * p.width, ScaleKey7{}, stream);
}

} // namespace volary::cuda
