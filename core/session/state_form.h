// Smaller forms of a stored state. Exact float32 is the rule; the others lose something, which is measured.
#pragma once

#include "core/base/result.h"
#include "core/session/snapshot_image.h"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace volary {

// What a form does to a tensor: only float32 numbers of fixed size that are sums over what was read (Wkv and
// both shifts) are rounded. Token ids, rows per token and RWKV-4's exponents stay as they are.
bool isRounded(const StateTensor &spec, StateForm form);

// Of a tensor in this form. Half: two bytes a number. Int8: a float32 scale for every 64 numbers of a row
// (the last dimension), then a byte a number.
std::uint64_t packedBytes(const StateTensor &spec, StateForm form);

// From float32 and back. Packing what was unpacked gives the same bytes. Sizes must be right.
std::vector<std::byte> pack(std::span<const std::byte> bytes, const StateTensor &spec, StateForm form);
std::vector<std::byte> unpack(std::span<const std::byte> packed, const StateTensor &spec, StateForm form);

struct RoundedImage {
    SnapshotImage image;     // in float32 again, with `stored` set
    std::uint64_t bytes = 0; // of its state when it is stored
};

// The image as it comes back after it was stored in this form, with the error measured on it. Refuses images
// that are rounded already, and numbers that the form cannot hold (Unsupported).
Result<RoundedImage> roundedTo(const SnapshotImage &image, StateForm form);

std::string_view title(StateForm form); // "exact", "compact fp16", "small int8"

} // namespace volary
