// lastRows: a thread for each channel of a sequence.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

layout(local_size_x = 64) in;

ARGUMENTS {
    uvec2 x;        // [R, C]
    uvec2 outs;     // [B, C]
    uvec2 firstRow; // [B + 1]
    uint width;
};
PUSHED;

void main()
{
    const uint c = gl_GlobalInvocationID.x, b = gl_WorkGroupID.y;
    if (c < p.width)
        Floats(p.outs).at[b * p.width + c] =
            Floats(p.x).at[(Words(p.firstRow).at[b + 1] - 1) * p.width + c];
}
