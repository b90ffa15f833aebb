// repeatHeads: out[t][h] = x[t][floor(h K / H)]: fewer heads of keys and values than of queries. K divides H.
#pragma once

namespace volary {

struct RepeatHeadsArgs {
    const float *x; // [R, K, N]
    float *out;     // [R, H, N], not x
    int rows;
    int headsGiven; // K
    int heads;      // H
    int headSize;   // N
};

} // namespace volary
