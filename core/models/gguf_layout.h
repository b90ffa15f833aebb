// How the numbers of a tensor are arranged in a GGUF file, and how to bring them into the official order.
#pragma once

#include "core/base/result.h"
#include "core/io/tensor_file.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace volary {

// One official tensor, made of one tensor of the file. The steps are taken in the order of the fields.
struct GgufPart {
    static constexpr int kGroups = 5;

    std::size_t tensor = 0; // index in the file
    int doublings = 0;      // times two, this often
    int row = -1;           // of a tensor of several vectors: only this one
    // The rows are kGroups groups of equal size; group i of the result is group order[i] of the file.
    std::optional<std::array<int, kGroups>> order;
    bool turned = false;       // the last two dimensions are exchanged
    std::int64_t headSize = 0; // not 0: a vector becomes [H, N]

    bool movesNumbers() const { return row >= 0 || order || turned; }

    // Nothing when a tensor of the shape `stored` does not allow it.
    std::optional<Shape> shapeOf(const Shape &stored) const;
    // `raw`: all numbers of the tensor. Too large for their type is an error.
    Result<> doubleNumbers(const TensorInfo &stored, std::vector<std::byte> &raw) const;
    // `raw` as stored; `to` as large as the result.
    void arrange(const Shape &stored, std::span<const std::byte> raw, std::span<std::byte> to) const;
};

// rwkv6 files may hold output matrices of block l divided by 2^floor(l / every); 0: they do not. `name`
// begins with "blk.<l>.".
int ggufDoublings(const std::string &name, std::int64_t every);

} // namespace volary
