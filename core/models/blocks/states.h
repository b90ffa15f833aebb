// State tensors that several versions keep, declared once.
#pragma once

#include "core/models/state_spec.h"

namespace volary {

// The normalised input of the previous token, [C], which each of the two mixes keeps.
StateTensor attentionShift(int layer, std::int64_t C);
StateTensor feedForwardShift(int layer, std::int64_t C);

// RWKV-5 and 6: one matrix from keys to values for each head, [H, N, N]. Its rows are keys and its columns
// values; in RWKV-7 it is the other way round.
StateTensor keyValueState(int layer, std::int64_t heads, std::int64_t headSize);

// RWKV-7: the same the other way round, rows are values and columns keys.
StateTensor valueKeyState(int layer, std::int64_t heads, std::int64_t headSize);

// `width` numbers for every token read, [0, width].
StateTensor rowPerToken(std::string name, DType type, std::int64_t width, StateRole role, int layer);

} // namespace volary
