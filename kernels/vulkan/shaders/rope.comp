// rope: a thread for each pair of a row.
//
// Angles are counted in turns, as fractions of 64 bits: position * frequency wraps around by itself, so that
// nothing is lost however far a text has come.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "sequences.glsl"

layout(local_size_x = 64) in;

ARGUMENTS {
    uvec2 x, outs;     // [R, H, N]
    uvec2 firstRow;    // [B + 1]
    uvec2 positions;   // [B]
    uvec2 frequencies; // [N / 2] turns in a position, as fractions of 2^64
    uint sequences, heads, headSize;
    uint halves; // 1: pairs are halves of a head, not neighbours
};
PUSHED;

// Cosine and sine of a fraction of a turn. Eighths of a turn are told apart as whole numbers; within one of
// them Taylor's series are short.
vec2 unit(uint turn)
{
    const uint eighths = turn + 0x20000000u; // nearest quarter
    const uint quarter = eighths >> 30;
    const int rest = int(turn - (quarter << 30));
    precise float angle = float(rest) * 1.4629180792671596e-9; // 2 pi / 2^32
    precise float square = angle * angle;
    precise float sine = -1.0 / 39916800;
    sine = fma(sine, square, 1.0 / 362880);
    sine = fma(sine, square, -1.0 / 5040);
    sine = fma(sine, square, 1.0 / 120);
    sine = fma(sine, square, -1.0 / 6);
    sine = fma(sine * square, angle, angle);
    precise float cosine = 1.0 / 479001600;
    cosine = fma(cosine, square, -1.0 / 3628800);
    cosine = fma(cosine, square, 1.0 / 40320);
    cosine = fma(cosine, square, -1.0 / 720);
    cosine = fma(cosine, square, 1.0 / 24);
    cosine = fma(cosine, square, -0.5);
    cosine = fma(cosine, square, 1);
    switch (quarter) {
    case 0: return vec2(cosine, sine);
    case 1: return vec2(-sine, cosine);
    case 2: return vec2(-cosine, -sine);
    default: return vec2(sine, -cosine);
    }
}

void main()
{
    const uint pair = gl_GlobalInvocationID.x, row = gl_WorkGroupID.y, N = p.headSize;
    if (pair >= p.heads * N / 2)
        return;
    Words firstRow = Words(p.firstRow);
    const uint b = sequenceOf(firstRow, p.sequences, row);
    const uint position = positionOf(firstRow, Words(p.positions), b, row);
    const uint head = pair / (N / 2), j = pair % (N / 2);
    const uvec2 frequency = Addresses(p.frequencies).at[j]; // low word, high word
    uint carry, low;
    umulExtended(position, frequency.x, carry, low);
    const vec2 direction = unit(position * frequency.y + carry);

    const uint from = (row * p.heads + head) * N;
    const uint first = from + (p.halves == 1 ? j : 2 * j), second = p.halves == 1 ? first + N / 2 : first + 1;
    const float a = Floats(p.x).at[first], c = Floats(p.x).at[second];
    precise float turned = a * direction.x - c * direction.y;
    Floats(p.outs).at[first] = turned;
    turned = a * direction.y + c * direction.x;
    Floats(p.outs).at[second] = turned;
}
