// One Vulkan device, opened: its functions, its queue, and what was found out about it.
#pragma once

#include "core/tensor/device.h"
#include "kernels/vulkan/functions.h"

#include <functional>
#include <memory>
#include <vector>

namespace volary::vulkan {

// What may be changed before anything is done with a device: tests make calls fail here.
using Adjust = std::function<void(Functions &)>;

class Gpu {
public:
    // Opens the best device: discrete before integrated before software. Fails with ErrorCode::Unsupported
    // and the reason for people.
    static Result<std::shared_ptr<Gpu>> open(const Adjust &adjust = {});
    ~Gpu();
    Gpu(const Gpu &) = delete;
    Gpu &operator=(const Gpu &) = delete;

    const Device &description() const { return m_description; }
    const Functions &f() const { return m_functions; }
    VkDevice device() const { return m_device; }
    VkQueue queue() const { return m_queue; }
    std::uint32_t queueFamily() const { return m_queueFamily; }

    bool isSoftware() const { return m_isSoftware; }
    VkDeviceSize largestAllocation() const { return m_largestAllocation; }
    // What names the driver, for files that only it can read.
    const std::vector<std::uint8_t> &cacheIdentity() const { return m_cacheIdentity; }

    // The memory type for weights and states, or for what the host writes and reads.
    std::uint32_t deviceMemoryType() const { return m_deviceMemoryType; }
    std::uint32_t hostMemoryType() const { return m_hostMemoryType; }

    // Bytes of device memory that the driver says are left to this program; its whole size where it does not
    // say.
    VkDeviceSize freeMemory() const;

private:
    Gpu() = default;

    Result<> choose();
    Result<> chooseMemory();
    Result<> connect();

    Functions m_functions;
    VkInstance m_instance = VK_NULL_HANDLE;
    VkPhysicalDevice m_physical = VK_NULL_HANDLE;
    VkDevice m_device = VK_NULL_HANDLE;
    VkQueue m_queue = VK_NULL_HANDLE;
    std::uint32_t m_queueFamily = 0;
    std::uint32_t m_deviceMemoryType = 0, m_hostMemoryType = 0;
    VkDeviceSize m_largestAllocation = 0;
    bool m_knowsBudget = false, m_isSoftware = false;
    std::vector<std::uint8_t> m_cacheIdentity;
    Device m_description;
};

} // namespace volary::vulkan
