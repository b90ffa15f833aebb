// The functions of Vulkan, found at run time: the program starts where there is no loader, driver or device.
#pragma once

#include "core/base/result.h"

#ifndef VK_NO_PROTOTYPES
#define VK_NO_PROTOTYPES
#endif
#include <vulkan/vulkan_core.h>

namespace volary::vulkan {

#define VOLARY_VULKAN_GLOBAL_FUNCTIONS(F)                                                                    \
    F(vkCreateInstance)                                                                                      \
    F(vkEnumerateInstanceVersion)

#define VOLARY_VULKAN_INSTANCE_FUNCTIONS(F)                                                                  \
    F(vkEnumeratePhysicalDevices)                                                                            \
    F(vkEnumerateDeviceExtensionProperties)                                                                  \
    F(vkGetPhysicalDeviceProperties2)                                                                        \
    F(vkGetPhysicalDeviceFeatures2)                                                                          \
    F(vkGetPhysicalDeviceMemoryProperties2)                                                                  \
    F(vkGetPhysicalDeviceQueueFamilyProperties)                                                              \
    F(vkCreateDevice)                                                                                        \
    F(vkGetDeviceProcAddr)

#define VOLARY_VULKAN_DEVICE_FUNCTIONS(F)                                                                    \
    F(vkDestroyDevice)                                                                                       \
    F(vkGetDeviceQueue)                                                                                      \
    F(vkAllocateMemory)                                                                                      \
    F(vkFreeMemory)                                                                                          \
    F(vkMapMemory)                                                                                           \
    F(vkCreateBuffer)                                                                                        \
    F(vkDestroyBuffer)                                                                                       \
    F(vkGetBufferMemoryRequirements)                                                                         \
    F(vkBindBufferMemory)                                                                                    \
    F(vkGetBufferDeviceAddress)                                                                              \
    F(vkCreateShaderModule)                                                                                  \
    F(vkDestroyShaderModule)                                                                                 \
    F(vkCreatePipelineLayout)                                                                                \
    F(vkDestroyPipelineLayout)                                                                               \
    F(vkCreatePipelineCache)                                                                                 \
    F(vkDestroyPipelineCache)                                                                                \
    F(vkGetPipelineCacheData)                                                                                \
    F(vkCreateComputePipelines)                                                                              \
    F(vkDestroyPipeline)                                                                                     \
    F(vkCreateCommandPool)                                                                                   \
    F(vkDestroyCommandPool)                                                                                  \
    F(vkAllocateCommandBuffers)                                                                              \
    F(vkFreeCommandBuffers)                                                                                  \
    F(vkBeginCommandBuffer)                                                                                  \
    F(vkEndCommandBuffer)                                                                                    \
    F(vkCmdBindPipeline)                                                                                     \
    F(vkCmdPushConstants)                                                                                    \
    F(vkCmdDispatch)                                                                                         \
    F(vkCmdPipelineBarrier)                                                                                  \
    F(vkCmdCopyBuffer)                                                                                       \
    F(vkCmdFillBuffer)                                                                                       \
    F(vkCreateFence)                                                                                         \
    F(vkDestroyFence)                                                                                        \
    F(vkResetFences)                                                                                         \
    F(vkWaitForFences)                                                                                       \
    F(vkQueueSubmit)                                                                                         \
    F(vkDeviceWaitIdle)

struct GlobalFunctions {
    PFN_vkGetInstanceProcAddr getInstanceProcAddr = nullptr;
#define F(name) PFN_##name name = nullptr;
    VOLARY_VULKAN_GLOBAL_FUNCTIONS(F)
#undef F
};

struct Functions {
#define F(name) PFN_##name name = nullptr;
    VOLARY_VULKAN_INSTANCE_FUNCTIONS(F)
    VOLARY_VULKAN_DEVICE_FUNCTIONS(F)
#undef F
};

// Of the system's loader, libvulkan.so.1, which stays open. Fails with ErrorCode::Unsupported.
Result<GlobalFunctions> openLoader();

Result<> findInstanceFunctions(Functions &functions, const GlobalFunctions &loader, VkInstance instance);
Result<> findDeviceFunctions(Functions &functions, VkDevice device);

// What a call returned, as an error when it failed: `task` is what was being done.
Result<> check(VkResult result, const char *task);

} // namespace volary::vulkan
