#include "kernels/reference/backend.h"

#include "kernels/host/host_backend.h"
#include "kernels/reference/ops.h"

namespace volary {

namespace {

constexpr OpTable kTable{
    .embed = reference::embed,
    .layerNorm = reference::layerNorm,
    .tokenShift = reference::tokenShift,
    .lerp = reference::lerp,
    .linear = reference::linear,
    .activate = reference::activate,
    .add = reference::add,
    .mul = reference::mul,
    .decay6 = reference::decay6,
    .decay7 = reference::decay7,
    .normalizeHeads = reference::normalizeHeads,
    .scaleKey7 = reference::scaleKey7,
    .rowMatrix = reference::rowMatrix,
    .wkv4 = reference::wkv4,
    .wkv5 = reference::wkv5,
    .wkv7 = reference::wkv7,
    .groupNorm = reference::groupNorm,
    .bonus7 = reference::bonus7,
    .rmsNorm = reference::rmsNorm,
    .atMost = reference::atMost,
    .repeatHeads = reference::repeatHeads,
    .rope = reference::rope,
    .attention = reference::attention,
    .keepRows = reference::keepRows,
    .lastRows = reference::lastRows,
};

class OneThread final : public Parallel {
public:
    void forRanges(int count, int, const std::function<void(int, int)> &body) override { body(0, count); }
};

} // namespace

std::unique_ptr<Backend> makeReferenceBackend()
{
    Device device{
        .backend = "reference", .name = "Reference (double accumulation)", .numericProfile = "reference-1"};
    return std::make_unique<HostBackend>(std::move(device), kTable, std::make_unique<OneThread>());
}

} // namespace volary
