// keepRows:   state[position of row t] = x[t], for every row of every sequence
// keptRows:   out[t] = state[position of row t]
// keepTokens: state[position of row t] = the token of row t, int32
// window:     the last rows of the only sequence of a run
//
// The state grows by a row per token. These ops only move bytes; a backend needs nothing but copies for them.
#pragma once

#include "core/tensor/ops/positions.h"
