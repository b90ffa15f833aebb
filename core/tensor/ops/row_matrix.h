// rowMatrix: every row is multiplied by a matrix of its own, out[t][o] = sum over i of x[t][i] * m[t][i * O +
// o]. RWKV-7a (DeepEmbed) looks such a matrix up for every token.
#pragma once

namespace volary {

struct RowMatrixArgs {
    const float *x; // [R, I]
    const float *m; // [R, I * O]
    float *out;     // [R, O], neither x nor m
    int rows;
    int inputs;  // I
    int outputs; // O
};

} // namespace volary
