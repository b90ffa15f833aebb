#include "kernels/vulkan/pipelines.h"

#include "core/base/check.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "kernels/vulkan/launch_args.h"
#include "kernels/vulkan/shader_table.h"

#include <filesystem>

namespace volary::vulkan {

namespace {

constexpr std::uint64_t kLargestCache = std::uint64_t(64) << 20;

} // namespace

Pipelines::Pipelines(std::shared_ptr<Gpu> gpu, std::string cacheFolder)
    : m_gpu(std::move(gpu)), m_cacheFolder(std::move(cacheFolder))
{}

Result<std::unique_ptr<Pipelines>> Pipelines::create(const std::shared_ptr<Gpu> &gpu, std::string cacheFolder)
{
    std::unique_ptr<Pipelines> pipelines(new Pipelines(gpu, std::move(cacheFolder)));
    VkPushConstantRange pushed{VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(PushedArgs)};
    VkPipelineLayoutCreateInfo layout{};
    layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
    layout.pushConstantRangeCount = 1;
    layout.pPushConstantRanges = &pushed;
    TRY_(check(gpu->f().vkCreatePipelineLayout(gpu->device(), &layout, nullptr, &pipelines->m_layout),
               "preparing shaders"));
    // A missing or damaged file only costs time: the driver checks what it is given.
    std::string known;
    if (!pipelines->m_cacheFolder.empty()) {
        if (auto read = readFile(pipelines->cacheFile(), kLargestCache))
            known = std::move(read).value();
    }
    VkPipelineCacheCreateInfo cache{};
    cache.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
    cache.initialDataSize = known.size();
    cache.pInitialData = known.data();
    TRY_(check(gpu->f().vkCreatePipelineCache(gpu->device(), &cache, nullptr, &pipelines->m_cache),
               "preparing shaders"));
    return pipelines;
}

Pipelines::~Pipelines()
{
    if (m_changed && !m_cacheFolder.empty())
        save();
    const Functions &f = m_gpu->f();
    for (const auto &[key, pipeline] : m_pipelines)
        f.vkDestroyPipeline(m_gpu->device(), pipeline, nullptr);
    f.vkDestroyPipelineCache(m_gpu->device(), m_cache, nullptr);
    f.vkDestroyPipelineLayout(m_gpu->device(), m_layout, nullptr);
}

std::string Pipelines::cacheFile() const
{
    std::string name = "vulkan-";
    for (const std::uint8_t byte : m_gpu->cacheIdentity())
        name += format("%02x", unsigned(byte));
    return (std::filesystem::path(m_cacheFolder) / (name + ".bin")).string();
}

void Pipelines::save() const
{
    const Functions &f = m_gpu->f();
    std::size_t bytes = 0;
    if (f.vkGetPipelineCacheData(m_gpu->device(), m_cache, &bytes, nullptr) != VK_SUCCESS ||
        bytes > kLargestCache)
        return;
    std::vector<std::byte> data(bytes);
    if (f.vkGetPipelineCacheData(m_gpu->device(), m_cache, &bytes, data.data()) != VK_SUCCESS)
        return;
    std::error_code ignored; // without it the shaders are compiled again next time
    std::filesystem::create_directories(m_cacheFolder, ignored);
    (void)writeFileAtomically(cacheFile(), std::span(data).first(bytes));
}

Result<VkPipeline> Pipelines::get(const std::string &shader, const Constants &constants)
{
    const auto known = m_pipelines.find({shader, constants});
    if (known != m_pipelines.end())
        return known->second;
    const std::span<const std::uint32_t> code = shaderNamed(shader);
    VOLARY_CHECK(!code.empty(), "every shader that is asked for was compiled");
    VkShaderModuleCreateInfo module{};
    module.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
    module.codeSize = code.size_bytes();
    module.pCode = code.data();
    VkShaderModule made = VK_NULL_HANDLE;
    TRY_(check(m_gpu->f().vkCreateShaderModule(m_gpu->device(), &module, nullptr, &made),
               "preparing shaders"));

    std::array<VkSpecializationMapEntry, std::tuple_size_v<Constants>> entries;
    for (std::uint32_t i = 0; i < entries.size(); ++i)
        entries[i] = {i, i * std::uint32_t(sizeof(std::uint32_t)), sizeof(std::uint32_t)};
    const VkSpecializationInfo values{std::uint32_t(entries.size()), entries.data(), sizeof(constants),
                                      constants.data()};
    VkComputePipelineCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
    info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    info.stage.module = made;
    info.stage.pName = "main";
    info.stage.pSpecializationInfo = &values;
    info.layout = m_layout;
    VkPipeline pipeline = VK_NULL_HANDLE;
    const VkResult result =
        m_gpu->f().vkCreateComputePipelines(m_gpu->device(), m_cache, 1, &info, nullptr, &pipeline);
    m_gpu->f().vkDestroyShaderModule(m_gpu->device(), made, nullptr);
    TRY_(check(result, "preparing shaders"));
    m_pipelines[{shader, constants}] = pipeline;
    m_changed = true;
    return pipeline;
}

} // namespace volary::vulkan
