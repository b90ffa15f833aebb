// NVIDIA GPUs from compute capability 7.5 on: weights as stored, states and activations in float32.
#pragma once

#include "core/tensor/backend.h"

namespace volary::cuda {

// The first device, or why it cannot be used.
Result<Device> describeDevice();
Result<std::unique_ptr<Backend>> makeBackend();
Result<DeviceRates> measureDevice();

} // namespace volary::cuda
