// Multiplies and adds in registers: for the limit that speeds are compared with.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

layout(local_size_x = 256) in;

ARGUMENTS {
    uvec2 sink;
    uint rounds; // of 64 multiply-adds
};
PUSHED;

void main()
{
    vec4 sums[4];
    for (uint i = 0; i < 4; ++i)
        sums[i] = vec4(gl_LocalInvocationIndex + i);
    const vec4 factor = vec4(0.999);
    for (uint r = 0; r < p.rounds; ++r) {
        for (uint k = 0; k < 4; ++k) {
            for (uint i = 0; i < 4; ++i)
                sums[i] = fma(sums[i], factor, vec4(0.5));
        }
    }
    const vec4 all = sums[0] + sums[1] + sums[2] + sums[3];
    if (all.x + all.y + all.z + all.w == -1) // never: every number is positive
        Floats(p.sink).at[0] = all.x;
}
