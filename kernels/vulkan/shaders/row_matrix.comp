// rowMatrix: a thread for each output of a row.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

layout(local_size_x = 64) in;

ARGUMENTS {
    uvec2 x;        // [R, I]
    uvec2 matrices; // [R, I O]
    uvec2 outs;     // [R, O]
    uint inputs, outputs;
};
PUSHED;

void main()
{
    const uint o = gl_GlobalInvocationID.x, row = gl_WorkGroupID.y;
    if (o >= p.outputs)
        return;
    precise float sum = 0;
    for (uint i = 0; i < p.inputs; ++i)
        sum = fma(Floats(p.x).at[row * p.inputs + i],
                  Floats(p.matrices).at[(row * p.inputs + i) * p.outputs + o], sum);
    Floats(p.outs).at[row * p.outputs + o] = sum;
}
