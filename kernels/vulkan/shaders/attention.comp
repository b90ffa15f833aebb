// attention over kept rows: a workgroup for each head of a row.
//
// Positions are taken 128 at a time, counted from position 0. Each thread scores one of them; then each sums a
// channel over all of them, with a running maximum and sum (Milakov and Gimelshein, 2018). So a row's sums
// depend on its own position alone.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "scalar.glsl"
#include "sequences.glsl"

const uint kThreads = 128;
layout(local_size_x = kThreads) in;
layout(constant_id = 0) const uint kColumns = 1; // channels of a thread

ARGUMENTS {
    uvec2 q, outs;      // [R, H, N]
    uvec2 keys, values; // [B] addresses of [positions, K, N]
    uvec2 firstRow;     // [B + 1]
    uvec2 positions;    // [B]
    uint sequences, heads, keyHeads, headSize;
};
PUSHED;

shared float scores[kThreads], wanted[kThreads * kColumns];

void main()
{
    const uint thread = gl_LocalInvocationIndex, head = gl_WorkGroupID.x, row = gl_WorkGroupID.y;
    const uint N = p.headSize;
    Words firstRow = Words(p.firstRow);
    const uint b = sequenceOf(firstRow, p.sequences, row);
    const uint end = positionOf(firstRow, Words(p.positions), b, row) + 1;
    Floats keys = Floats(Addresses(p.keys).at[b]), values = Floats(Addresses(p.values).at[b]);
    const uint stride = p.keyHeads * N, group = head * p.keyHeads / p.heads * N;
    const uint at = (row * p.heads + head) * N;
    const float scale = 1 / sqrt(float(N));

    for (uint c = thread; c < N; c += kThreads)
        wanted[c] = Floats(p.q).at[at + c];
    precise float outs[kColumns];
    for (uint m = 0; m < kColumns; ++m)
        outs[m] = 0;
    precise float maximum = -3e38, sum = 0;
    for (uint from = 0; from < end; from += kThreads) {
        barrier();
        const uint count = min(kThreads, end - from);
        precise float score = -3e38;
        if (thread < count) {
            const uint key = (from + thread) * stride + group;
            score = 0;
            for (uint c = 0; c < N; ++c)
                score = fma(wanted[c], keys.at[key + c], score);
            score *= scale;
        }
        scores[thread] = score;
        barrier();
        precise float largest = maximum;
        for (uint i = 0; i < count; ++i)
            largest = max(largest, scores[i]);
        const float factor = exponential(maximum - largest);
        maximum = largest;
        sum *= factor;
        for (uint m = 0; m < kColumns; ++m)
            outs[m] *= factor;
        barrier();
        scores[thread] = exponential(score - largest);
        barrier();
        for (uint i = 0; i < count; ++i) {
            sum += scores[i];
            for (uint m = 0; m < kColumns; ++m) {
                const uint c = thread + m * kThreads;
                if (c < N)
                    outs[m] = fma(scores[i], values.at[(from + i) * stride + group + c], outs[m]);
            }
        }
    }
    for (uint m = 0; m < kColumns; ++m) {
        const uint c = thread + m * kThreads;
        if (c < N)
            Floats(p.outs).at[at + c] = outs[m] / sum;
    }
}
