// Eight neighbouring numbers of a weight matrix as float32, whatever it is stored as: TYPE_... says which.
// Memory is read in words of 32 bits only, which every device can do; core/tensor/block_layout.h has the
// layout of the blocks.

#if defined(TYPE_F32) || defined(TYPE_F16) || defined(TYPE_BF16)

#ifndef TYPE_F32
float half16(uint bits)
{
#ifdef TYPE_F16
    return unpackHalf2x16(bits).x;
#else
    return uintBitsToFloat(bits << 16);
#endif
}
#endif

// wide: the matrix and its rows begin at multiples of 16 bytes, and rows are whole eights.
void weights8(uvec2 matrix, uint row, uint inputs, uint at, bool wide, out float w[8])
{
    const uint first = row * inputs + at;
    if (wide) {
#ifdef TYPE_F32
        const vec4 low = Fours(matrix).at[first / 4], high = Fours(matrix).at[first / 4 + 1];
        for (uint i = 0; i < 4; ++i) {
            w[i] = low[i];
            w[i + 4] = high[i];
        }
#else
        const uvec4 words = Quads(matrix).at[first / 8];
        for (uint i = 0; i < 4; ++i) {
            w[2 * i] = half16(words[i] & 0xffff);
            w[2 * i + 1] = half16(words[i] >> 16);
        }
#endif
        return;
    }
    for (uint i = 0; i < 8; ++i) {
        if (at + i >= inputs) {
            w[i] = 0;
            continue;
        }
#ifdef TYPE_F32
        w[i] = Floats(matrix).at[first + i];
#else
        const uint word = Words(matrix).at[(first + i) / 2];
        w[i] = half16((first + i) % 2 == 0 ? word & 0xffff : word >> 16);
#endif
    }
}

#else

// Bytes at .. at + 3, at being even.
uint wordAt(Words words, uint at)
{
    const uint word = words.at[at / 4];
    return at % 4 == 0 ? word : word >> 16 | words.at[at / 4 + 1] << 16;
}

float halfAt(Words words, uint at)
{
    const uint word = words.at[at / 4];
    return unpackHalf2x16(at % 4 == 0 ? word & 0xffff : word >> 16).x;
}

uint byteAt(Words words, uint at)
{
    return words.at[at / 4] >> 8 * (at % 4) & 255;
}

uint byteOf(uvec2 eight, uint i)
{
    return (i < 4 ? eight.x : eight.y) >> 8 * (i % 4) & 255;
}

uvec2 eightAt(Words words, uint at)
{
    return uvec2(wordAt(words, at), wordAt(words, at + 4));
}

// Scale and minimum of sub-block j of Q4_K and Q5_K: 6 bits each, packed into the 12 bytes at `at`.
void scaleAndMinimum(Words words, uint at, uint j, out float scale, out float minimum)
{
    if (j < 4) {
        scale = float(byteAt(words, at + j) & 63);
        minimum = float(byteAt(words, at + j + 4) & 63);
        return;
    }
    const uint both = byteAt(words, at + j + 4);
    scale = float((both & 15) | byteAt(words, at + j - 4) >> 6 << 4);
    minimum = float(both >> 4 | byteAt(words, at + j) >> 6 << 4);
}

void weights8(uvec2 matrix, uint row, uint inputs, uint at, bool wide, out float w[8])
{
    Words words = Words(matrix);
    precise float scale, number;
#if defined(TYPE_Q4_K) || defined(TYPE_Q5_K) || defined(TYPE_Q6_K)
    const uint number256 = (row * inputs + at) / 256, group = at % 256 / 32, e = at % 32;
#ifdef TYPE_Q6_K
    const uint block = number256 * 210, part = group % 4, part64 = group / 4;
    const uvec2 low = eightAt(words, block + 64 * part64 + 32 * (part % 2) + e);
    const uvec2 high = eightAt(words, block + 128 + 32 * part64 + e);
    const uint stored = byteAt(words, block + 192 + 2 * group + e / 16);
    scale = halfAt(words, block + 208) * float(int(stored << 24) >> 24);
    for (uint i = 0; i < 8; ++i) {
        const uint n = (byteOf(low, i) >> 4 * (part / 2) & 15) | (byteOf(high, i) >> 2 * part & 3) << 4;
        number = scale * float(int(n) - 32);
        w[i] = number;
    }
#else
#ifdef TYPE_Q4_K
    const uint block = number256 * 144, numbers = block + 16;
#else
    const uint block = number256 * 176, numbers = block + 48;
    const uvec2 fifth = eightAt(words, block + 16 + e);
#endif
    precise float steps, minimum, offset;
    scaleAndMinimum(words, block + 4, group, steps, minimum);
    scale = halfAt(words, block) * steps;
    offset = -(halfAt(words, block + 2) * minimum);
    const uvec2 nibbles = eightAt(words, numbers + 32 * (group / 2) + e);
    for (uint i = 0; i < 8; ++i) {
        uint n = byteOf(nibbles, i) >> 4 * (group % 2) & 15;
#ifdef TYPE_Q5_K
        n |= (byteOf(fifth, i) >> group & 1) << 4;
#endif
        number = scale * float(n);
        number = number + offset;
        w[i] = number;
    }
#endif
#else
    const uint number32 = (row * inputs + at) / 32, e = at % 32;
#ifdef TYPE_Q8_0
    const uint block = number32 * 34;
    scale = halfAt(words, block);
    const uvec2 eight = eightAt(words, block + 2 + e);
    for (uint i = 0; i < 8; ++i) {
        number = scale * float(int(byteOf(eight, i) << 24) >> 24);
        w[i] = number;
    }
#else
#if defined(TYPE_Q4_0)
    const uint block = number32 * 18, numbers = block + 2;
    const int bias = 8;
#elif defined(TYPE_Q4_1)
    const uint block = number32 * 20, numbers = block + 4;
    const int bias = 0;
#elif defined(TYPE_Q5_0)
    const uint block = number32 * 22, numbers = block + 6;
    const int bias = 16;
    const uint fifth = wordAt(words, block + 2) >> e;
#else // Q5_1
    const uint block = number32 * 24, numbers = block + 8;
    const int bias = 0;
    const uint fifth = wordAt(words, block + 4) >> e;
#endif
    scale = halfAt(words, block);
#if defined(TYPE_Q4_1) || defined(TYPE_Q5_1)
    const float offset = halfAt(words, block + 2);
#else
    const float offset = 0;
#endif
    const uvec2 nibbles = eightAt(words, numbers + e % 16);
    for (uint i = 0; i < 8; ++i) {
        uint n = byteOf(nibbles, i) >> (e < 16 ? 0 : 4) & 15;
#if defined(TYPE_Q5_0) || defined(TYPE_Q5_1)
        n |= (fifth >> i & 1) << 4;
#endif
        number = scale * float(int(n) - bias);
        number = number + offset;
        w[i] = number;
    }
#endif
#endif
}

#endif
