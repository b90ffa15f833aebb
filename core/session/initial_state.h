// Tuned initial states ("state tuning"): a file of blocks.{l}.att.time_state, the matrices that the heads of
// every layer begin with instead of zeros.
#pragma once

#include "core/io/tensor_file.h"
#include "core/session/state.h"

namespace volary {

// The tensors of `fresh`, a state without tokens, with the matrices of the file in place of its own. The file
// stores [H, N, N] as head, value, key for every version; they are turned to the layout that the state
// declares. The token shifts stay as they are. A missing block, a wrong shape and a model without such
// matrices are refused by name.
Result<std::vector<TensorImage>> readInitialState(const TensorFile &file, const State &fresh);

} // namespace volary
