// Whether a model fits before any of it is read.
#pragma once

#include "core/base/result.h"
#include "core/io/tensor_file.h"
#include "core/tensor/backend.h"

#include <cstdint>
#include <optional>

namespace volary {

// Bytes that the weights will take on the device: matrices in the type they will have there, the rest as
// float32.
std::uint64_t estimateWeightBytes(const TensorFile &file, std::optional<DType> type, const Backend &backend);

// Memory that this machine can still give to programs; nothing where the system does not say.
std::optional<std::uint64_t> availableMemory();

// Refuses a model that needs more than `available`, and says which type would fit.
Result<> checkMemory(const TensorFile &file, std::optional<DType> type, const Backend &backend,
                     std::uint64_t available);

} // namespace volary
