// What the device can do at best, measured.
#include "kernels/vulkan/backend.h"
#include "kernels/vulkan/launch_args.h"
#include "kernels/vulkan/memory.h"
#include "kernels/vulkan/pipelines.h"
#include "kernels/vulkan/queue.h"

#include <algorithm>
#include <chrono>
#include <functional>

namespace volary {

namespace vulkan {

namespace {

constexpr std::size_t kBytes = std::size_t(1) << 30; // beyond every cache
constexpr int kRepeats = 5;
constexpr int kAtOnce = 8; // so that submitting costs next to nothing
constexpr std::uint32_t kGroups = 2112;
constexpr std::uint32_t kThreads = 256;
constexpr std::uint32_t kRounds = 2048;

struct ReadArgs {
    Address from, sink;
    std::uint32_t count;
};

struct MultiplyArgs {
    Address sink;
    std::uint32_t rounds;
};

class Measurement {
public:
    Measurement(Queue &queue, Pipelines &pipelines, Memory &memory)
        : m_queue(queue), m_pipelines(pipelines), m_memory(memory)
    {}

    // Seconds that `work`, recorded once, takes; the best of a few.
    Result<double> seconds(const std::function<Result<>(const Commands &)> &work)
    {
        TRY(const Commands commands, m_queue.record());
        for (int i = 0; i < kAtOnce; ++i)
            TRY_(work(commands));
        TRY_(m_queue.end(commands));
        double best = 0;
        for (int i = 0; i < kRepeats; ++i) {
            const auto begin = std::chrono::steady_clock::now();
            TRY_(m_queue.submit(commands, "measuring it"));
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
            best = i == 0 ? took.count() : std::min(best, took.count());
        }
        return best / kAtOnce;
    }

    template <typename Args>
    Result<double> secondsOf(const char *shader, const Args &args)
    {
        TRY(const auto arguments, m_memory.allocate(sizeof(args)));
        TRY_(m_queue.upload(*arguments, 0, std::as_bytes(std::span(&args, 1))));
        TRY(const VkPipeline pipeline, m_pipelines.get(shader));
        const PushedArgs pushed{arguments->address(), {}};
        return seconds([&](const Commands &commands) -> Result<> {
            const Functions &f = m_queue.gpu().f();
            f.vkCmdBindPipeline(commands.get(), VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
            f.vkCmdPushConstants(commands.get(), m_pipelines.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0,
                                 sizeof(pushed), &pushed);
            f.vkCmdDispatch(commands.get(), kGroups, 1, 1);
            m_queue.barrier(commands);
            return {};
        });
    }

private:
    Queue &m_queue;
    Pipelines &m_pipelines;
    Memory &m_memory;
};

} // namespace

} // namespace vulkan

Result<DeviceRates> measureVulkanDevice()
{
    using namespace vulkan;
    TRY(const auto gpu, Gpu::open());
    TRY(const auto queue, Queue::create(gpu));
    TRY(const auto pipelines, Pipelines::create(gpu, ""));
    const auto memory = std::make_shared<Memory>(gpu);
    const std::size_t bytes = std::min<std::size_t>(kBytes, gpu->freeMemory() / 8) / 4096 * 4096;
    TRY(const auto from, memory->allocate(bytes));
    TRY(const auto to, memory->allocate(bytes));
    TRY_(queue->clear(*from));
    Measurement measure(*queue, *pipelines, *memory);

    TRY(const double reading,
        measure.secondsOf("read_all", ReadArgs{from->address(), to->address(), std::uint32_t(bytes / 16)}));
    TRY(const double copying, measure.seconds([&](const Commands &commands) -> Result<> {
        const VkBufferCopy range{from->offset(), to->offset(), bytes};
        gpu->f().vkCmdCopyBuffer(commands.get(), from->buffer(), to->buffer(), 1, &range);
        queue->barrier(commands);
        return {};
    }));
    // Software would take seconds for what keeps a GPU busy for a millisecond.
    const std::uint32_t rounds = gpu->isSoftware() ? kRounds / 64 : kRounds;
    TRY(const double multiplying, measure.secondsOf("multiply_add", MultiplyArgs{to->address(), rounds}));
    return DeviceRates{.readGbPerSecond = double(bytes) / reading / 1e9,
                       .copyGbPerSecond = 2 * double(bytes) / copying / 1e9,
                       .matrixTflopPerSecond = 2.0 * 64 * rounds * kGroups * kThreads / multiplying / 1e12};
}

} // namespace volary
