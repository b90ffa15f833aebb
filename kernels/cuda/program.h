// A plan with its own block of what changes from run to run, so that a recorded graph never has to be
// changed.
#pragma once

#include "core/tensor/backend.h"
#include "kernels/cuda/memory.h"
#include "kernels/gpu/run_block.h"
#include "kernels/gpu/schedule.h"

#include <cuda_runtime.h>

#include <vector>

namespace volary::cuda {

class CudaProgram final : public Program {
public:
    static Result<std::unique_ptr<CudaProgram>> create(std::shared_ptr<const Plan> plan);
    ~CudaProgram() override;

    // What it needs for its activations, and behind them as scratch.
    std::size_t arenaBytes() const { return (m_schedule.arenaBytes + 255) / 256 * 256 + m_scratchBytes; }
    // Of a kept value in the arena.
    std::size_t offset(ValueId id) const { return m_schedule.offsets[std::size_t(id)]; }

    // Queues a run whose activations lie in `arena`, the arenaNumber-th one. The first run is queued launch
    // by launch, the second is recorded on its way, and later ones replay the record.
    Result<> enqueue(const Bindings &bindings, std::byte *arena, int arenaNumber, cudaStream_t stream);

private:
    explicit CudaProgram(std::shared_ptr<const Plan> plan);

    void queueAll(std::byte *arena, cudaStream_t stream) const;
    Result<> uploadBlock(const Bindings &bindings, cudaStream_t stream);
    Result<> record(std::byte *arena, cudaStream_t stream);
    void forgetGraph();

    gpu::Schedule m_schedule;
    gpu::RunBlock m_runBlock;
    std::size_t m_scratchBytes;
    std::vector<std::byte> m_hostBlock;
    std::shared_ptr<DeviceBuffer> m_block;

    cudaGraphExec_t m_graph = nullptr;
    int m_arenaNumber = -1; // of the arena that the graph, or else the last run, used
};

} // namespace volary::cuda
