#include "kernels/vulkan/functions.h"

#include "core/base/text.h"

#include <dlfcn.h>

namespace volary::vulkan {

namespace {

Error missingFunction(const char *name)
{
    return {ErrorCode::Unsupported, format("The Vulkan driver does not know %s.", name),
            "Update the driver of the GPU, or use the cpu backend."};
}

} // namespace

Result<GlobalFunctions> openLoader()
{
    static void *const library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return Error{ErrorCode::Unsupported, "There is no Vulkan loader (libvulkan.so.1).",
                     "Install the package libvulkan1 and the driver of the GPU, or use the cpu backend."};
    GlobalFunctions found;
    found.getInstanceProcAddr =
        reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
    if (!found.getInstanceProcAddr)
        return missingFunction("vkGetInstanceProcAddr");
#define F(name)                                                                                              \
    found.name = reinterpret_cast<PFN_##name>(found.getInstanceProcAddr(nullptr, #name));                    \
    if (!found.name)                                                                                         \
        return missingFunction(#name);
    VOLARY_VULKAN_GLOBAL_FUNCTIONS(F)
#undef F
    return found;
}

Result<> findInstanceFunctions(Functions &functions, const GlobalFunctions &loader, VkInstance instance)
{
#define F(name)                                                                                              \
    functions.name = reinterpret_cast<PFN_##name>(loader.getInstanceProcAddr(instance, #name));              \
    if (!functions.name)                                                                                     \
        return missingFunction(#name);
    VOLARY_VULKAN_INSTANCE_FUNCTIONS(F)
#undef F
    return {};
}

Result<> findDeviceFunctions(Functions &functions, VkDevice device)
{
#define F(name)                                                                                              \
    functions.name = reinterpret_cast<PFN_##name>(functions.vkGetDeviceProcAddr(device, #name));             \
    if (!functions.name)                                                                                     \
        return missingFunction(#name);
    VOLARY_VULKAN_DEVICE_FUNCTIONS(F)
#undef F
    return {};
}

Result<> check(VkResult result, const char *task)
{
    switch (result) {
    case VK_SUCCESS: return {};
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_OUT_OF_HOST_MEMORY:
    case VK_ERROR_TOO_MANY_OBJECTS:
        return Error{ErrorCode::OutOfMemory, format("The GPU ran out of memory while %s.", task),
                     "Close other programs that use the GPU, open a smaller model, or use the cpu backend."};
    case VK_ERROR_DEVICE_LOST:
        return Error{ErrorCode::DeviceLost, format("The connection to the GPU was lost while %s.", task),
                     "Open the model again, or use the cpu backend."};
    default:
        return Error{ErrorCode::DeviceLost,
                     format("The Vulkan driver failed while %s (code %d).", task, int(result)),
                     "Open the model again, update the driver, or use the cpu backend."};
    }
}

} // namespace volary::vulkan
