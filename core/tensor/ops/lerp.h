// lerp: out = x + (y - x) * mix.
#pragma once

namespace volary {

struct LerpArgs {
    const float *x;   // [R, C]
    const float *y;   // [R, C]
    const float *mix; // [C], or [R, C] when mixPerRow
    float *out;       // [R, C], may be x or y
    int rows;
    int width; // C
    bool mixPerRow;
};

} // namespace volary
