// Reads memory as fast as it comes: for the limit that speeds are compared with.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

layout(local_size_x = 256) in;

ARGUMENTS {
    uvec2 from, sink;
    uint count; // of 16 bytes each
};
PUSHED;

void main()
{
    const uint stride = gl_NumWorkGroups.x * 256;
    uvec4 mixed = uvec4(0);
    for (uint i = gl_GlobalInvocationID.x; i < p.count; i += 4 * stride) {
        for (uint k = 0; k < 4; ++k) {
            if (i + k * stride < p.count)
                mixed ^= Quads(p.from).at[i + k * stride];
        }
    }
    if (mixed.x == 0x12345678u) // never for memory that was cleared; keeps the loads
        Words(p.sink).at[0] = mixed.x ^ mixed.y ^ mixed.z ^ mixed.w;
}
