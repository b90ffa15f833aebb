// Tuned initial states ("state tuning"): a file of blocks.{l}.att.time_state, the matrices that the heads of
// every layer begin with instead of zeros.
#pragma once

#include "core/io/tensor_file.h"
#include "core/session/state.h"

#include <string>
#include <vector>

namespace volary {

struct InitialState {
    std::vector<TensorImage> tensors; // a whole state without tokens
    std::string fingerprint;          // SHA-256 over the tensors' names and bytes, in hexadecimal
};

// The tensors of `fresh`, a state without tokens, with the matrices of the file in place of its own. The file
// stores [H, N, N] as head, value, key for every version; they are turned to the layout that the state
// declares. The token shifts stay as they are. A missing block, a wrong shape and a model without such
// matrices are refused by name.
Result<InitialState> readInitialState(const TensorFile &file, const State &fresh);

} // namespace volary
