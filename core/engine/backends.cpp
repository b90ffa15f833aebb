#include "core/engine/backends.h"

#include "core/base/text.h"
#include "core/engine/cuda_library.h"
#include "kernels/cpu/backend.h"
#include "kernels/cpu/machine_rates.h"
#include "kernels/reference/backend.h"

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

} // namespace

std::vector<DeviceChoice> listDevices()
{
    return {
        {makeCpuBackend()->device(), ""},
        {makeReferenceBackend()->device(), ""},
        describeCuda(),
        {{.backend = "vulkan", .name = "Vulkan GPU", .memoryBytes = 0, .numericProfile = ""},
         "This version of Volary has no Vulkan backend yet."},
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
    for (const DeviceChoice &choice : listDevices()) {
        if (choice.device.backend == name)
            return Error{ErrorCode::Unsupported, choice.unusable, "Use the cpu backend."};
    }
    return Error{ErrorCode::Invalid, format("There is no backend named “%s”.", printable(name).c_str()),
                 "Choose one of auto, cpu, cuda, reference."};
}

Result<DeviceRates> measureDevice(std::string_view name, int threads)
{
    if (name == "cuda") {
        TRY(const CudaLibrary *library, openCudaLibrary());
        return library->measure();
    }
    const cpu::MachineRates rates = cpu::measureMachine(threads);
    return DeviceRates{rates.readGbPerSecond, rates.copyGbPerSecond, rates.floatTflopPerSecond};
}

} // namespace volary
