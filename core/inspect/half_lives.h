// How long the channels of a model remember, by its weights.
#pragma once

#include "core/base/result.h"
#include "core/io/tensor_file.h"

#include <vector>

namespace volary {

// Of one recurrent layer, in tokens: after so many, half of what a channel of the memory held has faded, by
// the decay alone. What RWKV-7 removes beside that (its delta rule) is not counted. One number for each
// channel, or one for each head whose channels share it (RWKV-5.0 and 5.1).
//
// Where the tokens decide about the decay (RWKV-6, RWKV-7 and models of their layers), `typical` is what the
// bias alone gives, and the others are bounds that no text can pass: log w depends on bias + up(tanh(...)),
// and tanh stays within -1 and 1. Elsewhere all three are equal. Infinite where nothing fades.
struct LayerHalfLives {
    int layer = 0;
    std::vector<double> shortest, typical, longest;
};

// In the order of the layers; those without a decay are left out, so a model of attention alone gives none.
// `file` has the official names (openModelFile). An Error when a tensor cannot be read or two that belong
// together differ in their number of channels.
Result<std::vector<LayerHalfLives>> halfLives(const TensorFile &file);

} // namespace volary
