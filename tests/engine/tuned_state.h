// A tuned state for goose-tiny.
#pragma once

#include "core/io/safetensors_writer.h"
#include "tests/support/random.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace volary::test {

// Random matrices for so many layers. Empty when it could not be written.
inline std::filesystem::path writeTunedState(const std::filesystem::path &path, int layers, float deviation)
{
    std::vector<std::vector<float>> numbers;
    for (int layer = 0; layer < layers; ++layer)
        numbers.push_back(normals(4 * 64 * 64, deviation));
    std::vector<TensorToWrite> tensors;
    for (int layer = 0; layer < layers; ++layer)
        tensors.push_back({"blocks." + std::to_string(layer) + ".att.time_state",
                           DType::F32,
                           {4, 64, 64},
                           std::as_bytes(std::span(numbers[std::size_t(layer)]))});
    return writeSafetensors(path, tensors) ? path : std::filesystem::path();
}

} // namespace volary::test
