// linear: out[t][o] = sum over i of weight[o][i] * x[t][i].
//
// Cost: R * O * I multiply-adds. With few rows bound by reading the weight once; with many by arithmetic. The
// order of the sum depends on I alone, never on R, O or the number of threads (plan.h, "Rows and sequences").
#pragma once

#include "core/tensor/ops/rows.h"

namespace volary {

struct LinearArgs {
    MatrixView weight; // [O, I]
    const float *x;    // [R, I]
    float *out;        // [R, O], not x
    int rows;
};

} // namespace volary
