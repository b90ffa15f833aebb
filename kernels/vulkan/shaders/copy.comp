// window: numbers as they are.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

layout(local_size_x = 64) in;

ARGUMENTS {
    uvec2 x, outs;
    uint width; // of a row
};
PUSHED;

void main()
{
    const uint c = gl_GlobalInvocationID.x;
    if (c < p.width)
        Words(p.outs).at[gl_WorkGroupID.y * p.width + c] = Words(p.x).at[gl_WorkGroupID.y * p.width + c];
}
