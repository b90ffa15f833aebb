// The elementwise ops, in one place: fused or not they give the same bits.
#pragma once

#include "core/tensor/ops/decay7.h"
#include "kernels/cuda/fused.h"

namespace volary::cuda {

__device__ inline float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

// Arguments in the order of the op's inputs; those that it does not have are ignored.
__device__ inline float apply(Scalar function, float a, float b, float c, float bound)
{
    switch (function) {
    case Scalar::Add: return a + b;
    case Scalar::Mul: return a * b;
    case Scalar::Lerp: return fmaf(b - a, c, a);
    case Scalar::ScaleKey7: return a * fmaf(b - 1, c, 1);
    case Scalar::Decay6: return expf(-expf(a));
    case Scalar::Decay7: return expf(-float(kDecay7Bound) * sigmoid(a));
    case Scalar::AtMost: return bound < a ? bound : a;
    case Scalar::Tanh: return tanhf(a);
    case Scalar::Sigmoid: return sigmoid(a);
    case Scalar::SquaredRelu: return fmaxf(a, 0) * fmaxf(a, 0);
    case Scalar::Silu: return a * sigmoid(a);
    case Scalar::OneMinusDecay6: return -expm1f(-expf(a));
    }
    return 0;
}

} // namespace volary::cuda
