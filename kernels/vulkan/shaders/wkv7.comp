// wkv7: a workgroup for each head and sequence; a thread keeps a value row of the state.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint N = 64; // as many as threads

ARGUMENTS {
    uvec2 r, w, k, v, kappa, a; // [R, H, N]
    uvec2 outs;                 // [R, H, N]
    uvec2 states;               // [B] addresses of [H, N, N]
    uvec2 firstRow;             // [B + 1]
    uint heads;
};
PUSHED;

shared float slots[5 * N]; // r, w, k, kappa, learned
#include "wkv7.glsl"

void main()
{
    const uint i = gl_LocalInvocationIndex, head = gl_WorkGroupID.x, b = gl_WorkGroupID.y;
    const uvec2 state = Addresses(p.states).at[b];
    const uint from = (head * N + i) * N, width = p.heads * N;
    float S[N];
    loadRow(S, state, from);
    const uint end = Words(p.firstRow).at[b + 1];
    for (uint row = Words(p.firstRow).at[b]; row < end; ++row) {
        const uint at = row * width + head * N + i;
        const float kappa = Floats(p.kappa).at[at];
        barrier();
        slots[i] = Floats(p.r).at[at];
        slots[N + i] = Floats(p.w).at[at];
        slots[2 * N + i] = Floats(p.k).at[at];
        slots[3 * N + i] = kappa;
        slots[4 * N + i] = kappa * Floats(p.a).at[at];
        const float v = Floats(p.v).at[at];
        barrier();
        Floats(p.outs).at[at] = advance7(S, 0, N, 2 * N, 3 * N, 4 * N, v);
    }
    saveRow(S, state, from);
}
