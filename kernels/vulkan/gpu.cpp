#include "kernels/vulkan/gpu.h"

#include "core/base/text.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

namespace volary::vulkan {

namespace {

constexpr std::size_t kLargeMemory = std::size_t(15) << 30;

// Software last: it proves that the shaders are right and is slower than the cpu backend.
int rank(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return 0;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return 1;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return 2;
    case VK_PHYSICAL_DEVICE_TYPE_OTHER: return 3;
    default: return 4;
    }
}

struct Candidate {
    VkPhysicalDevice device;
    VkPhysicalDeviceProperties properties;
    VkPhysicalDeviceMaintenance3Properties limits;
    std::optional<std::uint32_t> queueFamily; // that computes
    std::string lacks;                        // what it would need, or nothing
};

Candidate lookAt(const Functions &f, VkPhysicalDevice device)
{
    Candidate found{};
    found.device = device;
    found.limits.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES;
    VkPhysicalDeviceProperties2 properties{};
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties.pNext = &found.limits;
    f.vkGetPhysicalDeviceProperties2(device, &properties);
    found.properties = properties.properties;
    if (found.properties.apiVersion < VK_API_VERSION_1_2) {
        found.lacks = format("a driver for Vulkan 1.2 (it has one for %u.%u)",
                             VK_API_VERSION_MAJOR(found.properties.apiVersion),
                             VK_API_VERSION_MINOR(found.properties.apiVersion));
        return found;
    }
    VkPhysicalDeviceVulkan12Features features12{};
    features12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    VkPhysicalDeviceFeatures2 features{};
    features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    features.pNext = &features12;
    f.vkGetPhysicalDeviceFeatures2(device, &features);
    std::uint32_t count = 0;
    f.vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    f.vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
    for (std::uint32_t i = 0; i < count && !found.queueFamily; ++i) {
        if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT)
            found.queueFamily = i;
    }
    const VkPhysicalDeviceLimits &limits = found.properties.limits;
    if (!features12.bufferDeviceAddress)
        found.lacks = "addresses of buffers (bufferDeviceAddress)";
    else if (!found.queueFamily)
        found.lacks = "a queue that computes";
    else if (limits.maxComputeWorkGroupInvocations < 256 || limits.maxComputeSharedMemorySize < 24576)
        found.lacks = "workgroups of 256 threads with 24 KiB of memory";
    return found;
}

bool hasExtension(const Functions &f, VkPhysicalDevice device, std::string_view name)
{
    std::uint32_t count = 0;
    if (f.vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr) != VK_SUCCESS)
        return false;
    std::vector<VkExtensionProperties> extensions(count);
    if (f.vkEnumerateDeviceExtensionProperties(device, nullptr, &count, extensions.data()) != VK_SUCCESS)
        return false;
    return std::ranges::any_of(
        extensions, [&](const VkExtensionProperties &extension) { return name == extension.extensionName; });
}

// Vulkan itself, started once: drivers take long to load, and not all of them can be loaded again and again.
struct Instance {
    VkInstance handle;
    Functions functions;
};

Result<Instance> startVulkan()
{
    TRY(const GlobalFunctions loader, openLoader());
    std::uint32_t version = 0;
    TRY_(check(loader.vkEnumerateInstanceVersion(&version), "asking the loader for its version"));
    if (version < VK_API_VERSION_1_2)
        return Error{ErrorCode::Unsupported,
                     format("The Vulkan loader knows version %u.%u only, and 1.2 is needed.",
                            VK_API_VERSION_MAJOR(version), VK_API_VERSION_MINOR(version)),
                     "Install a newer libvulkan1, or use the cpu backend."};
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pApplicationName = "Volary";
    application.apiVersion = VK_API_VERSION_1_2;
    VkInstanceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;
    Instance started{};
    const VkResult made = loader.vkCreateInstance(&info, nullptr, &started.handle);
    if (made == VK_ERROR_INCOMPATIBLE_DRIVER)
        return Error{ErrorCode::Unsupported, "There is no Vulkan driver.",
                     "Install the driver of the GPU, or use the cpu backend."};
    TRY_(check(made, "starting Vulkan"));
    TRY_(findInstanceFunctions(started.functions, loader, started.handle));
    return started;
}

const Result<Instance> &instance()
{
    // Never ended: drivers clean up at the end of the process themselves, some of them before us.
    static const auto &started = *new Result<Instance>(startVulkan());
    return started;
}

} // namespace

Result<std::shared_ptr<Gpu>> Gpu::open(const Adjust &adjust)
{
    TRY(const Instance started, instance());
    std::shared_ptr<Gpu> gpu(new Gpu);
    gpu->m_functions = started.functions;
    gpu->m_instance = started.handle;
    TRY_(gpu->choose());
    TRY_(gpu->connect());
    if (adjust)
        adjust(gpu->m_functions);
    return gpu;
}

Gpu::~Gpu()
{
    if (m_device)
        m_functions.vkDestroyDevice(m_device, nullptr);
}

Result<> Gpu::choose()
{
    std::uint32_t count = 0;
    TRY_(check(m_functions.vkEnumeratePhysicalDevices(m_instance, &count, nullptr), "looking for devices"));
    std::vector<VkPhysicalDevice> devices(count);
    TRY_(check(m_functions.vkEnumeratePhysicalDevices(m_instance, &count, devices.data()),
               "looking for devices"));
    std::vector<Candidate> candidates;
    candidates.reserve(devices.size());
    for (const VkPhysicalDevice device : devices)
        candidates.push_back(lookAt(m_functions, device));
    const auto before = [](const Candidate &a, const Candidate &b) {
        return std::pair(!a.lacks.empty(), rank(a.properties.deviceType)) <
               std::pair(!b.lacks.empty(), rank(b.properties.deviceType));
    };
    const auto best = std::ranges::min_element(candidates, before);
    if (best == candidates.end())
        return Error{ErrorCode::Unsupported, "The Vulkan drivers find no device.",
                     "Install the driver of the GPU, or use the cpu backend."};
    const std::string name = printable(best->properties.deviceName);
    if (!best->lacks.empty())
        return Error{ErrorCode::Unsupported, format("%s lacks %s.", name.c_str(), best->lacks.c_str()),
                     "Update the driver of the GPU, or use the cpu backend."};

    m_physical = best->device;
    m_queueFamily = *best->queueFamily;
    m_largestAllocation = best->limits.maxMemoryAllocationSize;
    m_isSoftware = best->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
    m_knowsBudget = hasExtension(m_functions, m_physical, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    const auto *identity = reinterpret_cast<const std::uint8_t *>(best->properties.pipelineCacheUUID);
    m_cacheIdentity.assign(identity, identity + VK_UUID_SIZE);
    TRY_(chooseMemory());
    m_description.backend = "vulkan";
    m_description.name = name;
    // Compilers of drivers decide how exactly a division or a root is rounded.
    m_description.numericProfile = format("vulkan-1 %04x:%04x driver %x", best->properties.vendorID,
                                          best->properties.deviceID, best->properties.driverVersion);
    m_description.rowsAtOnce = m_description.memoryBytes >= kLargeMemory ? 1024 : 256;
    return {};
}

Result<> Gpu::chooseMemory()
{
    VkPhysicalDeviceMemoryProperties2 asked{};
    asked.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
    m_functions.vkGetPhysicalDeviceMemoryProperties2(m_physical, &asked);
    const VkPhysicalDeviceMemoryProperties &memory = asked.memoryProperties;
    const auto find = [&](VkMemoryPropertyFlags wanted) -> std::optional<std::uint32_t> {
        for (std::uint32_t i = 0; i < memory.memoryTypeCount; ++i) {
            if ((memory.memoryTypes[i].propertyFlags & wanted) == wanted)
                return i;
        }
        return {};
    };
    constexpr VkMemoryPropertyFlags kShared =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    const auto device = find(VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
    auto host = find(kShared | VK_MEMORY_PROPERTY_HOST_CACHED_BIT); // it is read by the host, too
    if (!host)
        host = find(kShared);
    if (!device || !host)
        return Error{ErrorCode::Unsupported, "The GPU has no memory that programs can use.",
                     "Update the driver of the GPU, or use the cpu backend."};
    m_deviceMemoryType = *device;
    m_hostMemoryType = *host;
    m_description.memoryBytes = memory.memoryHeaps[memory.memoryTypes[*device].heapIndex].size;
    return {};
}

Result<> Gpu::connect()
{
    const float priority = 1;
    VkDeviceQueueCreateInfo queue{};
    queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue.queueFamilyIndex = m_queueFamily;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;
    VkPhysicalDeviceVulkan12Features features{};
    features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    features.bufferDeviceAddress = VK_TRUE;
    const char *const budget = VK_EXT_MEMORY_BUDGET_EXTENSION_NAME;
    VkDeviceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.pNext = &features;
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue;
    info.enabledExtensionCount = m_knowsBudget ? 1 : 0;
    info.ppEnabledExtensionNames = &budget;
    TRY_(check(m_functions.vkCreateDevice(m_physical, &info, nullptr, &m_device), "opening the device"));
    TRY_(findDeviceFunctions(m_functions, m_device));
    m_functions.vkGetDeviceQueue(m_device, m_queueFamily, 0, &m_queue);
    return {};
}

VkDeviceSize Gpu::freeMemory() const
{
    VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{};
    budget.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT;
    VkPhysicalDeviceMemoryProperties2 asked{};
    asked.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
    if (m_knowsBudget)
        asked.pNext = &budget;
    m_functions.vkGetPhysicalDeviceMemoryProperties2(m_physical, &asked);
    const std::uint32_t heap = asked.memoryProperties.memoryTypes[m_deviceMemoryType].heapIndex;
    if (!m_knowsBudget)
        return asked.memoryProperties.memoryHeaps[heap].size;
    return budget.heapBudget[heap] - std::min(budget.heapBudget[heap], budget.heapUsage[heap]);
}

} // namespace volary::vulkan
