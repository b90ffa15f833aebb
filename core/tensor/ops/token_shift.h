// tokenShift: each row's predecessor in its own sequence.
//
//   out[t] = x[t-1];  the first row of a sequence takes its state;  the state becomes the sequence's last
//   row.
#pragma once

#include "core/tensor/ops/rows.h"

namespace volary {

struct TokenShiftArgs {
    const float *x;       // [R, C]
    float *out;           // [R, C], not x
    float *const *states; // [B] pointers to [C]
    RowMap map;
    int width; // C
};

} // namespace volary
