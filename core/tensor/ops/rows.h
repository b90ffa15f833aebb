// Which rows belong to which sequence, and weights as kernels see them.
#pragma once

#include "core/tensor/dtype.h"

#include <cstdint>

namespace volary {

// Sequence b owns the rows firstRow[b] .. firstRow[b+1]-1 of every [R, C] activation (plan.h).
struct RowMap {
    const std::int32_t *firstRow; // [B + 1]
    int sequences;                // B
    int rows;                     // R
};

// A matrix as stored: row-major, one row per output. `type` is F32, F16, BF16 or quantised.
struct MatrixView {
    const void *data;
    DType type;
    int outputs;
    int inputs;
};

} // namespace volary
