// One row of wkv5 for a head of N: a thread keeps a value column of the state. Vectors lie in slots[].

// S: the thread's column. r .. bonus: where the vectors begin. v: of this column. Returns what it reads.
float advance5(inout float S[N], uint r, uint decay, uint k, uint bonus, float v)
{
    precise float read = 0;
    [[unroll]] for (uint i = 0; i < N; ++i) {
        precise float written = slots[k + i] * v;
        read = fma(slots[r + i], fma(slots[bonus + i], written, S[i]), read);
        precise float next = fma(slots[decay + i], S[i], written);
        S[i] = next;
    }
    return read;
}

// The thread's column, which begins at number `from` of a state.
void loadColumn(out float S[N], uvec2 state, uint from)
{
    [[unroll]] for (uint i = 0; i < N; ++i)
        S[i] = Floats(state).at[from + i * N];
}

void saveColumn(float S[N], uvec2 state, uint from)
{
    [[unroll]] for (uint i = 0; i < N; ++i)
        Floats(state).at[from + i * N] = S[i];
}
