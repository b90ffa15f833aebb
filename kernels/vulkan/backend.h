// GPUs through Vulkan: AMD, Intel, NVIDIA, and software where there is none.
#pragma once

#include "core/tensor/backend.h"
#include "kernels/vulkan/gpu.h"

#include <memory>
#include <string>

namespace volary {

// The device that makeVulkanBackend() uses, or why none can be used. Takes no device memory.
Result<Device> describeVulkanDevice();

struct VulkanOptions {
    std::string cacheFolder; // where compiled shaders are kept; empty: nowhere
    vulkan::Adjust adjust{}; // see gpu.h
};

// Takes about a second and up to 2 GiB of device memory. The arithmetic is that of float32 vectors.
Result<DeviceRates> measureVulkanDevice();

Result<std::unique_ptr<Backend>> makeVulkanBackend(const VulkanOptions &options);

} // namespace volary
