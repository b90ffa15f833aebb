// wkv4: a thread for each channel and sequence.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "scalar.glsl"

layout(local_size_x = 64) in;

ARGUMENTS {
    uvec2 k, v;            // [R, C]
    uvec2 logDecay, bonus; // [C]
    uvec2 outs;            // [R, C]
    uvec2 numerators, denominators, maxima; // [B] addresses of [C]
    uvec2 firstRow;        // [B + 1]
    uint width;            // C
};
PUSHED;

// Numerator, denominator and maximum with one more value, which counts e^weight; relative to the new maximum.
vec3 with(vec3 old, float weight, float value)
{
    const float maximum = max(old.z, weight);
    const float before = exponential(old.z - maximum), now = exponential(weight - maximum);
    precise vec3 sums = vec3(fma(before, old.x, now * value), fma(before, old.y, now), maximum);
    return sums;
}

void main()
{
    const uint c = gl_GlobalInvocationID.x, b = gl_WorkGroupID.y;
    if (c >= p.width)
        return;
    Floats A = Floats(Addresses(p.numerators).at[b]), B = Floats(Addresses(p.denominators).at[b]),
                 P = Floats(Addresses(p.maxima).at[b]);
    const float logDecay = Floats(p.logDecay).at[c], bonus = Floats(p.bonus).at[c];
    vec3 sums = vec3(A.at[c], B.at[c], P.at[c]);
    const uint end = Words(p.firstRow).at[b + 1];
    for (uint row = Words(p.firstRow).at[b]; row < end; ++row) {
        const uint at = row * p.width + c;
        const float k = Floats(p.k).at[at], v = Floats(p.v).at[at];
        const vec3 read = with(sums, bonus + k, v);
        sums = with(vec3(sums.xy, sums.z + logDecay), k, v);
        Floats(p.outs).at[at] = read.x / read.y;
    }
    A.at[c] = sums.x;
    B.at[c] = sums.y;
    P.at[c] = sums.z;
}
