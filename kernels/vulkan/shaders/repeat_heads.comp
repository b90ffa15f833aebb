// repeatHeads: a thread for each channel of a row.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

layout(local_size_x = 64) in;

ARGUMENTS {
    uvec2 x;    // [R, K, N]
    uvec2 outs; // [R, H, N]
    uint given; // K
    uint heads, headSize;
};
PUSHED;

void main()
{
    const uint c = gl_GlobalInvocationID.x, row = gl_WorkGroupID.y;
    if (c >= p.heads * p.headSize)
        return;
    const uint head = c / p.headSize * p.given / p.heads;
    Floats(p.outs).at[row * p.heads * p.headSize + c] =
        Floats(p.x).at[(row * p.given + head) * p.headSize + c % p.headSize];
}
