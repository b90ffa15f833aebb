// wkv5: a workgroup for each head and sequence; a thread keeps a value column of the state.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint N = 64; // as many as threads

ARGUMENTS {
    uvec2 r, decay, k, v; // [R, H, N]; the decay [H, N] where it is the same for every row
    uvec2 bonus;          // [H, N]
    uvec2 outs;           // [R, H, N]
    uvec2 states;         // [B] addresses of [H, N, N]
    uvec2 firstRow;       // [B + 1]
    uint heads;
    uint decayPerRow;
};
PUSHED;

shared float slots[4 * N]; // r, decay, k, bonus
#include "wkv5.glsl"

void main()
{
    const uint j = gl_LocalInvocationIndex, head = gl_WorkGroupID.x, b = gl_WorkGroupID.y;
    const uvec2 state = Addresses(p.states).at[b];
    const uint from = head * N * N + j, width = p.heads * N;
    float S[N];
    loadColumn(S, state, from);
    slots[3 * N + j] = Floats(p.bonus).at[head * N + j];
    const uint end = Words(p.firstRow).at[b + 1];
    for (uint row = Words(p.firstRow).at[b]; row < end; ++row) {
        const uint at = row * width + head * N + j;
        barrier();
        slots[j] = Floats(p.r).at[at];
        slots[N + j] = Floats(p.decay).at[p.decayPerRow == 1 ? at : head * N + j];
        slots[2 * N + j] = Floats(p.k).at[at];
        const float v = Floats(p.v).at[at];
        barrier();
        Floats(p.outs).at[at] = advance5(S, 0, N, 2 * N, 3 * N, v);
    }
    saveColumn(S, state, from);
}
