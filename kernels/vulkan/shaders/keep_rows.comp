// keepRows, keepTokens and keptRows: a thread for each number of a row. Words are moved as they are.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "sequences.glsl"

layout(local_size_x = 64) in;
layout(constant_id = 0) const bool kBack = false; // keptRows: from the state

ARGUMENTS {
    uvec2 rows;      // [R, C]
    uvec2 states;    // [B] addresses of [positions, C]
    uvec2 firstRow;  // [B + 1]
    uvec2 positions; // [B]
    uvec2 keptFrom;  // [B], or null: the position of the state's first row
    uint sequences, width;
};
PUSHED;

void main()
{
    const uint c = gl_GlobalInvocationID.x, row = gl_WorkGroupID.y;
    if (c >= p.width)
        return;
    Words firstRow = Words(p.firstRow);
    const uint b = sequenceOf(firstRow, p.sequences, row);
    const uint position = positionOf(firstRow, Words(p.positions), b, row);
    const uint from = isNull(p.keptFrom) ? 0 : Words(p.keptFrom).at[2 * b];
    if (position < from)
        return;
    Words state = Words(Addresses(p.states).at[b]), rows = Words(p.rows);
    const uint kept = (position - from) * p.width + c, at = row * p.width + c;
    if (kBack)
        rows.at[at] = state.at[kept];
    else
        state.at[kept] = rows.at[at];
}
