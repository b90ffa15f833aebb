#include "core/engine/backends.h"

#include "core/base/text.h"
#include "core/engine/cuda_library.h"
#include "kernels/cpu/backend.h"
#include "kernels/cpu/machine_rates.h"
#include "kernels/reference/backend.h"
#include "kernels/vulkan/backend.h"

#include <cstdlib>

namespace volary {

namespace {

Result<std::unique_ptr<Backend>> makeCudaBackend()
{
    TRY(const CudaLibrary *library, openCudaLibrary());
    return library->make();
}

DeviceChoice describeCuda()
{
    const auto describe = []() -> Result<Device> {
        TRY(const CudaLibrary *library, openCudaLibrary());
        return library->describe();
    };
    auto device = describe();
    if (device)
        return {std::move(device).value(), ""};
    return {{.backend = "cuda", .name = "NVIDIA GPU", .memoryBytes = 0, .numericProfile = ""},
            device.error().what};
}

// Asked once: starting drivers takes long, and devices stay what they are.
DeviceChoice describeVulkan()
{
    static const Result<Device> device = describeVulkanDevice();
    if (device)
        return {device.value(), ""};
    return {{.backend = "vulkan", .name = "Vulkan GPU", .memoryBytes = 0, .numericProfile = ""},
            device.error().what};
}

// Where users keep what can be made again; empty when they have no such place.
std::string cacheFolder()
{
    const char *const cache = std::getenv("XDG_CACHE_HOME");
    if (cache && *cache == '/')
        return std::string(cache) + "/volary";
    const char *const home = std::getenv("HOME");
    return home && *home == '/' ? std::string(home) + "/.cache/volary" : std::string();
}

} // namespace

std::vector<DeviceChoice> listDevices()
{
    return {
        {makeCpuBackend()->device(), ""},
        {makeReferenceBackend()->device(), ""},
        describeCuda(),
        describeVulkan(),
    };
}

Result<std::unique_ptr<Backend>> makeBackend(std::string_view name, int threads)
{
    if (name == "auto" || name == "cpu")
        return makeCpuBackend(threads);
    if (name == "reference")
        return makeReferenceBackend();
    if (name == "cuda")
        return makeCudaBackend();
    if (name == "vulkan")
        return makeVulkanBackend({.cacheFolder = cacheFolder()});
    return Error{ErrorCode::Invalid, format("There is no backend named “%s”.", printable(name).c_str()),
                 "Choose one of auto, cpu, cuda, vulkan, reference."};
}

Result<DeviceRates> measureDevice(std::string_view name, int threads)
{
    if (name == "cuda") {
        TRY(const CudaLibrary *library, openCudaLibrary());
        return library->measure();
    }
    if (name == "vulkan")
        return measureVulkanDevice();
    const cpu::MachineRates rates = cpu::measureMachine(threads);
    return DeviceRates{rates.readGbPerSecond, rates.copyGbPerSecond, rates.floatTflopPerSecond};
}

} // namespace volary
