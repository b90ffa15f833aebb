// lastRows: out[b] = the last row of sequence b.
#pragma once

#include "core/tensor/ops/rows.h"

namespace volary {

struct LastRowsArgs {
    const float *x; // [R, C]
    float *out;     // [B, C], not x
    RowMap map;     // every sequence has at least one row
    int width;      // C
};

} // namespace volary
