// One element of a stored matrix, as a double.
#pragma once

#include "core/base/check.h"
#include "core/base/half.h"
#include "core/tensor/ops/rows.h"

#include <cstddef>

namespace volary::reference {

inline double weightAt(const MatrixView &w, std::size_t output, std::size_t input)
{
    const std::size_t at = output * std::size_t(w.inputs) + input;
    switch (w.type) {
    case DType::F32: return static_cast<const float *>(w.data)[at];
    case DType::F16: return f16ToFloat(static_cast<const std::uint16_t *>(w.data)[at]);
    case DType::BF16: return bf16ToFloat(static_cast<const std::uint16_t *>(w.data)[at]);
    default: VOLARY_CHECK(false, "prepare() admits no other type");
    }
}

} // namespace volary::reference
