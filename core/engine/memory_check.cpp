#include "core/engine/memory_check.h"

#include "core/base/text.h"
#include "core/models/weights.h"

#include <charconv>
#include <fstream>
#include <string>

namespace volary {

namespace {

// For activations, the state and the rest of the program.
constexpr std::uint64_t kReserve = std::uint64_t(256) << 20;

DType typeOnDevice(const TensorInfo &tensor, std::optional<DType> type, const Backend &backend)
{
    const int rank = tensor.shape.rank();
    if (rank < 2 || tensor.shape.elements() == tensor.shape[rank - 1])
        return DType::F32;                                             // a vector
    const bool matrix = rank == 2 && tensor.name.ends_with(".weight"); // else a factor of low rank
    return matrix ? matrixTypeOnDevice(tensor.type, type, tensor.shape[1], backend)
                  : factorTypeOnDevice(tensor.type, type);
}

} // namespace

std::uint64_t estimateWeightBytes(const TensorFile &file, std::optional<DType> type, const Backend &backend)
{
    std::uint64_t bytes = 0;
    for (const TensorInfo &tensor : file.tensors()) {
        const DType onDevice = typeOnDevice(tensor, type, backend);
        bytes += std::uint64_t(tensor.shape.elements()) / std::uint64_t(elementsPerBlock(onDevice)) *
                 bytesPerBlock(onDevice);
    }
    return bytes;
}

std::optional<std::uint64_t> availableMemory()
{
    std::ifstream lines("/proc/meminfo");
    const std::string_view key = "MemAvailable:";
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(key))
            continue;
        const std::size_t at = line.find_first_of("0123456789");
        std::uint64_t kibibytes = 0;
        if (at != std::string::npos &&
            std::from_chars(line.data() + at, line.data() + line.size(), kibibytes).ec == std::errc())
            return kibibytes << 10;
    }
    return std::nullopt;
}

Result<> checkMemory(const TensorFile &file, std::optional<DType> type, const Backend &backend,
                     std::uint64_t available)
{
    const std::uint64_t needed = estimateWeightBytes(file, type, backend) + kReserve;
    if (needed <= available)
        return {};
    std::string remedy = "Close other programs, or choose a smaller model.";
    for (const DType smaller : {DType::Q8_0, DType::Q6_K, DType::Q4_K}) {
        const std::uint64_t bytes = estimateWeightBytes(file, smaller, backend) + kReserve;
        if (!backend.supports(OpKind::Linear, smaller) || bytes > available)
            continue;
        remedy = format("Opened as %s it would fit: it would take %s.", std::string(name(smaller)).c_str(),
                        formatBytes(bytes).c_str());
        break;
    }
    return Error{ErrorCode::OutOfMemory,
                 format("The model would take %s of memory, of which %s are free.",
                        formatBytes(needed).c_str(), formatBytes(available).c_str()),
                 remedy};
}

} // namespace volary
