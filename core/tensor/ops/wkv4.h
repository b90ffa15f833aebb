// wkv4: the recurrence of RWKV-4 ("Dove"), for every sequence and channel on its own, row after row: a mean
// of all values so far, weighted by e^key and fading by e^logDecay a row, in which the current value counts
// e^bonus as much:
//
//   out = (e^P A + e^(bonus + k) v) / (e^P B + e^(bonus + k))
//   e^P A  <-  e^(P + logDecay) A + e^k v        e^P B  <-  e^(P + logDecay) B + e^k
//
// Keys are large enough to overflow e^k. So the numerator A and the denominator B are kept relative to e^P,
// and P, the maximum, becomes max(P + logDecay, k): no exponent that is computed is above zero. A fresh state
// has A = B = 0 and P = -1e30, not -infinity, which would subtract to NaN. float32, updated in place.
#pragma once

#include "core/tensor/ops/rows.h"

namespace volary {

struct Wkv4Args {
    const float *k, *v;         // [R, C]
    const float *logDecay;      // [C]  below 0
    const float *bonus;         // [C]
    float *out;                 // [R, C], may be k or v
    float *const *numerators;   // [B] pointers to [C]  A
    float *const *denominators; // [B] pointers to [C]  B
    float *const *maxima;       // [B] pointers to [C]  P
    RowMap map;
    int width; // C
};

} // namespace volary
