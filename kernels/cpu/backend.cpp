#include "kernels/cpu/backend.h"

#include "core/base/text.h"
#include "kernels/cpu/ops.h"
#include "kernels/cpu/pool.h"
#include "kernels/cpu/processor.h"
#include "kernels/host/host_backend.h"

namespace volary {

namespace {

constexpr OpTable kTable{
    .embed = cpu::embed,
    .layerNorm = cpu::layerNorm,
    .tokenShift = cpu::tokenShift,
    .lerp = cpu::lerp,
    .linear = cpu::linear,
    .activate = cpu::activate,
    .add = cpu::add,
    .mul = cpu::mul,
    .decay6 = cpu::decay6,
    .decay7 = cpu::decay7,
    .normalizeHeads = cpu::normalizeHeads,
    .scaleKey7 = cpu::scaleKey7,
    .rowMatrix = cpu::rowMatrix,
    .wkv4 = cpu::wkv4,
    .wkv5 = cpu::wkv5,
    .wkv7 = cpu::wkv7,
    .groupNorm = cpu::groupNorm,
    .bonus7 = cpu::bonus7,
    .rmsNorm = cpu::rmsNorm,
    .atMost = cpu::atMost,
    .repeatHeads = cpu::repeatHeads,
    .rope = cpu::rope,
    .attention = cpu::attention,
    .keepRows = cpu::keepRows,
    .lastRows = cpu::lastRows,
};

} // namespace

std::unique_ptr<Backend> makeCpuBackend(int threads)
{
    const cpu::Processor processor = cpu::describeProcessor();
    const int count = threads > 0 ? threads : processor.cores;
    Device device{
        .backend = "cpu",
        .name = format("%s, %d thread%s, %s", processor.name.c_str(), count, count == 1 ? "" : "s",
                       processor.instructionSet.c_str()),
        .memoryBytes = processor.memoryBytes,
        // Results do not depend on the number of threads, but they do on the width of the vectors.
        .numericProfile = "cpu-2 " + processor.instructionSet,
    };
    return std::make_unique<HostBackend>(std::move(device), kTable, std::make_unique<cpu::Pool>(count));
}

} // namespace volary
