// A plan with its own block of what changes from run to run, so that a recorded graph never has to be
// changed.
#pragma once

#include "core/tensor/backend.h"
#include "kernels/cuda/memory.h"

#include <cuda_runtime.h>

#include <vector>

namespace volary::cuda {

class CudaProgram final : public Program {
public:
    static Result<std::unique_ptr<CudaProgram>> create(std::shared_ptr<const Plan> plan);
    ~CudaProgram() override;

    // Queues a run whose activations lie in `arena`, the arenaNumber-th one. The first run is queued op by
    // op, the second is recorded on its way, and later ones replay the record.
    Result<> enqueue(const Bindings &bindings, std::byte *arena, int arenaNumber, cudaStream_t stream);

private:
    explicit CudaProgram(std::shared_ptr<const Plan> plan);

    Result<> uploadBlock(const Bindings &bindings, cudaStream_t stream);
    Result<> record(std::byte *arena, cudaStream_t stream);
    void forgetGraph();

    // The block: the addresses of every state tensor of every sequence, then first rows, then tokens.
    std::vector<int> m_stateIndices; // indices of the state spec, in the order of the block
    std::vector<std::byte> m_hostBlock;
    std::shared_ptr<DeviceBuffer> m_block;

    cudaGraphExec_t m_graph = nullptr;
    int m_arenaNumber = -1; // of the arena that the graph, or else the last run, used
};

} // namespace volary::cuda
