// A plan as recorded commands, with its own block of what changes from run to run.
#pragma once

#include "core/tensor/backend.h"
#include "kernels/gpu/run_block.h"
#include "kernels/gpu/schedule.h"
#include "kernels/vulkan/pipelines.h"
#include "kernels/vulkan/queue.h"

namespace volary::vulkan {

class VulkanProgram final : public Program {
public:
    static Result<std::unique_ptr<VulkanProgram>> create(std::shared_ptr<const Plan> plan, Memory &memory,
                                                         const std::shared_ptr<Gpu> &gpu);

    std::size_t arenaBytes() const { return m_schedule.arenaBytes; }
    // Of a kept value in the arena.
    std::size_t offset(ValueId id) const { return m_schedule.offsets[std::size_t(id)]; }

    // The logits of the last run where they have been copied to the host already, else null.
    const std::byte *logits() const { return m_logits ? m_logits->host() : nullptr; }

    // Runs with activations in `arena`, the arenaNumber-th one. Recorded when it is first run, and again
    // when the arena has moved.
    Result<> run(const Bindings &bindings, const DeviceBuffer &arena, int arenaNumber, Queue &queue,
                 Pipelines &pipelines);

private:
    explicit VulkanProgram(std::shared_ptr<const Plan> plan);

    std::size_t logitBytes() const;
    Result<> record(const DeviceBuffer &arena, Queue &queue, Pipelines &pipelines);

    gpu::Schedule m_schedule;
    gpu::RunBlock m_runBlock;
    std::unique_ptr<Block> m_hostBlock; // written by the host, copied into m_block by each run
    std::unique_ptr<Block> m_logits;    // copied there at the end of each run, unless they are many
    std::shared_ptr<DeviceBuffer> m_block, m_arguments;
    Commands m_commands;
    int m_arenaNumber = -1; // of the arena that the commands use
};

} // namespace volary::vulkan
