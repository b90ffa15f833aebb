// Between float32 and quantised numbers.
#pragma once

#include "core/tensor/dtype.h"

#include <cstddef>
#include <span>

namespace volary {

// Fills `to`, whole blocks, from the bytesOf(type, to.size()) bytes at `from`. `type` is quantised. The
// result has the bits of the reference decoder of GGML.
void decodeBlocks(DType type, const std::byte *from, std::span<float> to);

// Fills the bytesOf(type, from.size()) bytes at `to` with the blocks that stand for `from`, whole blocks.
// Numbers that are not finite count as 0. A block of Q8_0 is off by at most 1/254 of its largest number, the
// other types in proportion to their levels; each scale is the best of a few in the sense of least squares.
void encodeBlocks(DType type, std::span<const float> from, std::byte *to);

} // namespace volary
