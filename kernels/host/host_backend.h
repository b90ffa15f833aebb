// A backend whose device is the host's memory: runs a plan op by op through a table of functions.
#pragma once

#include "core/tensor/backend.h"
#include "kernels/host/op_table.h"

#include <memory>
#include <vector>

namespace volary {

class HostBackend final : public Backend {
public:
    // `table` is static data of the backend's folder.
    HostBackend(Device device, const OpTable &table, std::unique_ptr<Parallel> parallel);
    ~HostBackend() override;

    const Device &device() const override { return m_device; }
    bool supports(OpKind kind, DType weights) const override;
    Result<std::shared_ptr<Buffer>> allocate(std::size_t bytes) override;
    Result<> upload(Buffer &to, std::size_t offset, std::span<const std::byte> from) override;
    Result<> download(std::span<std::byte> to, const Buffer &from, std::size_t offset) override;
    Result<> copy(Buffer &to, std::size_t toOffset, const Buffer &from, std::size_t fromOffset,
                  std::size_t bytes) override;
    Result<std::unique_ptr<Program>> prepare(std::shared_ptr<const Plan> plan) override;
    Result<> run(Program &program, const Bindings &bindings) override;
    Result<> read(const Program &program, ValueId value, std::span<float> to) override;

private:
    class Execution;

    Result<> check(const Plan &plan) const; // names the first op that is missing
    Result<> makeRoom(std::shared_ptr<Buffer> &arena, std::size_t bytes);

    Device m_device;
    const OpTable &m_table;
    std::unique_ptr<Parallel> m_parallel;
    std::shared_ptr<Buffer> m_arena;     // shared by all programs: they never run together
    std::shared_ptr<Buffer> m_tileArena; // of rebuilt tiles, which are made in the middle of a run
};

} // namespace volary
