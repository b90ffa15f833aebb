// Rows of a stored matrix as float32.
#pragma once

#include "core/base/check.h"
#include "core/base/half.h"
#include "core/tensor/blocks.h"
#include "core/tensor/ops/rows.h"

#include <cstddef>
#include <vector>

namespace volary::reference {

inline std::vector<float> weightRow(const MatrixView &w, std::size_t output)
{
    const auto inputs = std::size_t(w.inputs), first = output * inputs;
    std::vector<float> row(inputs);
    if (isQuantised(w.type)) {
        const auto *blocks = static_cast<const std::byte *>(w.data);
        decodeBlocks(w.type, blocks + bytesOf(w.type, std::int64_t(first)), row);
        return row;
    }
    for (std::size_t i = 0; i < inputs; ++i) {
        switch (w.type) {
        case DType::F32: row[i] = static_cast<const float *>(w.data)[first + i]; break;
        case DType::F16: row[i] = f16ToFloat(static_cast<const std::uint16_t *>(w.data)[first + i]); break;
        case DType::BF16: row[i] = bf16ToFloat(static_cast<const std::uint16_t *>(w.data)[first + i]); break;
        default: VOLARY_CHECK(false, "prepare() admits no other type");
        }
    }
    return row;
}

} // namespace volary::reference
