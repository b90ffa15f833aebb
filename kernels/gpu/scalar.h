// The elementwise functions that GPU backends fuse with what comes before.
#pragma once

#include <cstdint>

namespace volary::gpu {

// Ops in which every number depends on its own place only.
enum class Scalar : std::uint8_t {
    Add,
    Mul,
    Lerp,
    ScaleKey7,
    Decay6,
    Decay7,
    AtMost,
    Tanh,
    Sigmoid,
    SquaredRelu,
    Silu,
    OneMinusDecay6
};

} // namespace volary::gpu
