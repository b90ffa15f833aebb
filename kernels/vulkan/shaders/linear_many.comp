// linear for many rows: tiles of 64 outputs and 64 rows, two eights of inputs at a time through shared memory.
// The eights are taken in the order of linear_few: all of lane 0, all of lane 1, and so on.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"
#include "scalar.glsl"
#include "weight.glsl"
#include "products.glsl"

layout(local_size_x = 256) in;
layout(constant_id = 0) const bool kWide = false;

const uint kTile = 64, kDepth = 16, kEach = 4; // a thread has 4 x 4 numbers

shared float w[kDepth][kTile + 4], v[kDepth][kTile + 4];

void main()
{
    const uint thread = gl_LocalInvocationIndex;
    const uint group = findProduct();
    const uint inputs = own.inputs, outputs = own.outputs, lanes = lanesFor(inputs);
    const uvec2 weight = own.weight, x = own.x;
    const uint firstO = group * kTile, firstRow = gl_WorkGroupID.y * kTile;
    const uint ownOutput = thread % 16 * kEach, ownRow = thread / 16 * kEach;

    precise float sums[kEach][kEach], octet[kEach][kEach], part[kEach][kEach]; // of a lane
    for (uint r = 0; r < kEach; ++r) {
        for (uint o = 0; o < kEach; ++o)
            sums[r][o] = octet[r][o] = part[r][o] = 0;
    }
    const uint strides = (inputs + 8 * lanes - 1) / (8 * lanes); // eights of a lane
    const uint eights = min(lanes, (inputs + 7) / 8) * strides;
    // Half of the threads fetch eight weights each, the others eight activations.
    const uint line = thread % 128 / 2, half8 = thread % 2;
    for (uint from = 0; from < eights; from += 2) {
        const uint eight = from + half8;
        const uint at = eight < eights ? (eight / strides + eight % strides * lanes) * 8 : inputs;
        float fetched[8];
        for (uint i = 0; i < 8; ++i)
            fetched[i] = 0;
        if (thread < 128) {
            if (at < inputs)
                weights8(weight, min(firstO + line, outputs - 1), inputs, at, kWide, fetched);
            for (uint i = 0; i < 8; ++i)
                w[8 * half8 + i][line] = fetched[i];
        } else {
            const uint row = min(firstRow + line, p.rows - 1);
            if (kWide && at < inputs) {
                const uint four = (row * inputs + at) / 4;
                const vec4 low = Fours(x).at[four], high = Fours(x).at[four + 1];
                for (uint i = 0; i < 4; ++i) {
                    fetched[i] = low[i];
                    fetched[i + 4] = high[i];
                }
            } else {
                for (uint i = 0; i < 8 && at + i < inputs; ++i)
                    fetched[i] = Floats(x).at[row * inputs + at + i];
            }
            for (uint i = 0; i < 8; ++i)
                v[8 * half8 + i][line] = fetched[i];
        }
        barrier();
        for (uint h = 0; h < 2; ++h) {
            for (uint k = 8 * h; k < 8 * h + 8; ++k) {
                float a[kEach], b[kEach];
                for (uint i = 0; i < kEach; ++i) {
                    a[i] = v[k][ownRow + i];
                    b[i] = w[k][ownOutput + i];
                }
                for (uint r = 0; r < kEach; ++r) {
                    for (uint o = 0; o < kEach; ++o)
                        part[r][o] = fma(b[o], a[r], part[r][o]);
                }
            }
            const uint done = from + h + 1;
            if (done % strides == 0) { // the lane's last eight
                for (uint r = 0; r < kEach; ++r) {
                    for (uint o = 0; o < kEach; ++o) {
                        octet[r][o] += part[r][o];
                        part[r][o] = 0;
                    }
                }
            }
            if (done % (strides * kOctet) == 0 || done == eights) {
                for (uint r = 0; r < kEach; ++r) {
                    for (uint o = 0; o < kEach; ++o) {
                        sums[r][o] += octet[r][o];
                        octet[r][o] = 0;
                    }
                }
            }
        }
        barrier();
    }
    for (uint r = 0; r < kEach; ++r) {
        for (uint o = 0; o < kEach; ++o) {
            const uint row = firstRow + ownRow + r, ownO = firstO + ownOutput + o;
            if (row < p.rows && ownO < outputs)
                write(row, ownO, sums[r][o], fetchOthers(row, ownO));
        }
    }
}
