// linear for few rows: a team of threads sums an output for all of them, so that a weight is read once.
//
// Each lane of the team adds up the products of its eights; then the lanes are summed. So does linear_many: the
// order of a sum depends on the number of inputs alone.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"
#include "scalar.glsl"
#include "weight.glsl"
#include "products.glsl"

const uint kThreads = 128;
layout(local_size_x = kThreads) in;
layout(constant_id = 0) const uint kRows = 1;  // of a team
layout(constant_id = 1) const uint kAhead = 1; // eights of a lane whose weights are fetched together
layout(constant_id = 2) const bool kWide = false;

shared float parts[kRows][kThreads], octets[kRows][kThreads / kOctet];

void main()
{
    const uint group = findProduct();
    const uint inputs = own.inputs, outputs = own.outputs, lanes = lanesFor(inputs);
    const uvec2 weight = own.weight, x = own.x;
    const uint thread = gl_LocalInvocationIndex, team = thread / lanes, lane = thread % lanes;
    const uint teams = kThreads / lanes;
    const uint firstRow = gl_WorkGroupID.y * kRows;
    const uint row = firstRow + lane; // lane i of a team finishes row i

    for (uint n = 0; n < own.each; ++n) {
        const uint o = (group * own.each + n) * teams + team;
        const bool finishes = lane < kRows && row < p.rows && o < outputs;
        Others others; // asked for while the weights are on their way
        if (finishes)
            others = fetchOthers(row, o);

        precise float sums[kRows];
        [[unroll]] for (uint r = 0; r < kRows; ++r)
            sums[r] = 0;
        for (uint from = lane * 8; from < inputs; from += kAhead * lanes * 8) {
            float w[kAhead][8];
            [[unroll]] for (uint a = 0; a < kAhead; ++a) {
                const uint at = min(from + a * lanes * 8, (inputs - 1) / 8 * 8);
                weights8(weight, min(o, outputs - 1), inputs, at, kWide, w[a]);
            }
            [[unroll]] for (uint a = 0; a < kAhead; ++a) {
                const uint at = from + a * lanes * 8;
                if (at >= inputs)
                    break;
                [[unroll]] for (uint r = 0; r < kRows; ++r) {
                    const uint ofRow = min(firstRow + r, p.rows - 1) * inputs + at;
                    float v[8];
                    if (kWide) {
                        const vec4 low = Fours(x).at[ofRow / 4], high = Fours(x).at[ofRow / 4 + 1];
                        [[unroll]] for (uint i = 0; i < 4; ++i) {
                            v[i] = low[i];
                            v[i + 4] = high[i];
                        }
                    } else {
                        for (uint i = 0; i < 8; ++i)
                            v[i] = at + i < inputs ? Floats(x).at[ofRow + i] : 0;
                    }
                    [[unroll]] for (uint i = 0; i < 8; ++i)
                        sums[r] = fma(w[a][i], v[i], sums[r]);
                }
            }
        }
        [[unroll]] for (uint r = 0; r < kRows; ++r)
            parts[r][thread] = sums[r];
        barrier();
        for (uint i = thread; i < kRows * kThreads / kOctet; i += kThreads) {
            const uint r = i / (kThreads / kOctet), octet = i % (kThreads / kOctet);
            precise float sum = 0;
            [[unroll]] for (uint l = 0; l < kOctet; ++l)
                sum += parts[r][octet * kOctet + l];
            octets[r][octet] = sum;
        }
        barrier();
        if (finishes) {
            precise float sum = 0;
            const uint first = team * lanes / kOctet;
            [[unroll]] for (uint i = 0; i < kThreads / kOctet; ++i) {
                if (i < lanes / kOctet)
                    sum += octets[lane][first + i];
            }
            write(row, o, sum, others);
        }
    }
}
