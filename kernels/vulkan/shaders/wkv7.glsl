// One row of wkv7 for a head of N: a thread keeps a value row of the state. Vectors lie in slots[].

// S: the thread's row. r .. learned: where the vectors begin; learned is kappa * a. v: of this value row.
// Returns what the row reads. Four sums each, so that one product need not wait for the last.
float advance7(inout float S[N], uint r, uint w, uint k, uint kappa, uint learned, float v)
{
    precise float forgets[4] = {0, 0, 0, 0}, reads[4] = {0, 0, 0, 0};
    [[unroll]] for (uint j = 0; j < N; ++j)
        forgets[j % 4] = fma(S[j], slots[kappa + j], forgets[j % 4]);
    precise float forgotten = (forgets[0] + forgets[1]) + (forgets[2] + forgets[3]);
    [[unroll]] for (uint j = 0; j < N; ++j) {
        precise float written = fma(-forgotten, slots[learned + j], v * slots[k + j]);
        precise float next = fma(S[j], slots[w + j], written);
        S[j] = next;
        reads[j % 4] = fma(next, slots[r + j], reads[j % 4]);
    }
    precise float read = (reads[0] + reads[1]) + (reads[2] + reads[3]);
    return read;
}

// The thread's row of the head that begins at number `from` of a state.
void loadRow(out float S[N], uvec2 state, uint from)
{
    if (N % 4 == 0) {
        [[unroll]] for (uint j = 0; j + 3 < N; j += 4) {
            const vec4 four = Fours(state).at[(from + j) / 4];
            [[unroll]] for (uint i = 0; i < 4; ++i)
                S[j + i] = four[i];
        }
    } else {
        [[unroll]] for (uint j = 0; j < N; ++j)
            S[j] = Floats(state).at[from + j];
    }
}

void saveRow(float S[N], uvec2 state, uint from)
{
    if (N % 4 == 0) {
        [[unroll]] for (uint j = 0; j + 3 < N; j += 4)
            Fours(state).at[(from + j) / 4] = vec4(S[j], S[j + 1], S[j + 2], S[j + 3]);
    } else {
        [[unroll]] for (uint j = 0; j < N; ++j)
            Floats(state).at[from + j] = S[j];
    }
}
