// Quantised numbers as float32.
#pragma once

#include "core/tensor/dtype.h"

#include <cstddef>
#include <span>

namespace volary {

// Fills `to`, whole blocks, from the bytesOf(type, to.size()) bytes at `from`. `type` is quantised. The
// result has the bits of the reference decoder of GGML.
void decodeBlocks(DType type, const std::byte *from, std::span<float> to);

} // namespace volary
