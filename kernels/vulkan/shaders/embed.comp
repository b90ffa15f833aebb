// embed: a thread takes eight channels of a row.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "weight.glsl"

layout(local_size_x = 64) in;

ARGUMENTS {
    uvec2 table;  // [V, C]
    uvec2 tokens; // [R]
    uvec2 outs;   // [R, C]
    uint width;   // C
};
PUSHED;

void main()
{
    const uint c = gl_GlobalInvocationID.x * 8, row = gl_WorkGroupID.y;
    if (c >= p.width)
        return;
    float w[8];
    weights8(p.table, Words(p.tokens).at[row], p.width, c, false, w);
    for (uint i = 0; i < 8 && c + i < p.width; ++i)
        Floats(p.outs).at[row * p.width + c + i] = w[i];
}
