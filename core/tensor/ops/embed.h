// embed: out[t] = table[token[t]], converted to float32.
#pragma once

#include "core/tensor/ops/rows.h"

namespace volary {

struct EmbedArgs {
    MatrixView table;           // [V, C]
    const std::int32_t *tokens; // [R], each in 0 .. V-1
    float *out;                 // [R, C]
    int rows;
};

} // namespace volary
