#include "core/engine/backends.h"

#include "core/base/text.h"
#include "kernels/cpu/backend.h"
#include "kernels/reference/backend.h"

namespace volary {

std::vector<DeviceChoice> listDevices()
{
    return {
        {makeCpuBackend()->device(), ""},
        {makeReferenceBackend()->device(), ""},
        {{.backend = "cuda", .name = "NVIDIA GPU", .memoryBytes = 0, .numericProfile = ""},
         "This version of Volary has no CUDA backend yet."},
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
    for (const DeviceChoice &choice : listDevices()) {
        if (choice.device.backend == name)
            return Error{ErrorCode::Unsupported, choice.unusable, "Use the cpu backend."};
    }
    return Error{ErrorCode::Invalid, format("There is no backend named “%s”.", printable(name).c_str()),
                 "Choose one of auto, cpu, reference."};
}

} // namespace volary
