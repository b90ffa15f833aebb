// Where the rows of an activation stand in their texts.
#pragma once

#include "core/tensor/ops/rows.h"

namespace volary {

// Row t of sequence b is that sequence's token number first[b] + t - firstRow[b].
struct PositionMap {
    RowMap map;
    const std::int64_t *first; // [B]
};

} // namespace volary
