// groupNorm: layerNorm of every head on its own, then scaled and shifted channel by channel.
#pragma once

namespace volary {

struct GroupNormArgs {
    const float *x;     // [R, H * N]
    const float *scale; // [H * N]
    const float *shift; // [H * N]
    float *out;         // may be x
    int rows;
    int heads;    // H
    int headSize; // N
    float epsilon;
};

} // namespace volary
