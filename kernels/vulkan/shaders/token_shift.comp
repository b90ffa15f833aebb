// tokenShift: a thread for each channel of a row.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "sequences.glsl"

layout(local_size_x = 64) in;

ARGUMENTS {
    uvec2 x, outs;  // [R, C]
    uvec2 states;   // [B] addresses of [C]
    uvec2 firstRow; // [B + 1]
    uint sequences, width;
};
PUSHED;

void main()
{
    const uint c = gl_GlobalInvocationID.x, row = gl_WorkGroupID.y;
    if (c >= p.width)
        return;
    Words firstRow = Words(p.firstRow);
    const uint b = sequenceOf(firstRow, p.sequences, row);
    if (row > firstRow.at[b]) {
        Floats(p.outs).at[row * p.width + c] = Floats(p.x).at[(row - 1) * p.width + c];
        return;
    }
    // Whoever reads the state also replaces it: nobody can be too early.
    Floats state = Floats(Addresses(p.states).at[b]);
    Floats(p.outs).at[row * p.width + c] = state.at[c];
    state.at[c] = Floats(p.x).at[(firstRow.at[b + 1] - 1) * p.width + c];
}
