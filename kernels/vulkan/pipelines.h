// Shaders made ready to run, each with its constants.
#pragma once

#include "kernels/vulkan/gpu.h"

#include <array>
#include <map>
#include <memory>
#include <string>

namespace volary::vulkan {

// Values of the constants constant_id = 0 .. 2 of a shader.
using Constants = std::array<std::uint32_t, 3>;

// Makes a pipeline when it is first asked for. What the driver compiled is kept in a file of `cacheFolder`,
// for this device and driver alone, where there is one.
class Pipelines {
public:
    static Result<std::unique_ptr<Pipelines>> create(const std::shared_ptr<Gpu> &gpu,
                                                     std::string cacheFolder);
    ~Pipelines();
    Pipelines(const Pipelines &) = delete;
    Pipelines &operator=(const Pipelines &) = delete;

    VkPipelineLayout layout() const { return m_layout; }

    // `shader`: the name of its file in shaders/, and of the weight type where it has one: "linear_few_f16".
    Result<VkPipeline> get(const std::string &shader, const Constants &constants = {});

private:
    Pipelines(std::shared_ptr<Gpu> gpu, std::string cacheFolder);

    std::string cacheFile() const;
    void save() const;

    std::shared_ptr<Gpu> m_gpu;
    std::string m_cacheFolder;
    VkPipelineLayout m_layout = VK_NULL_HANDLE;
    VkPipelineCache m_cache = VK_NULL_HANDLE;
    std::map<std::pair<std::string, Constants>, VkPipeline> m_pipelines;
    bool m_changed = false;
};

} // namespace volary::vulkan
