// A matrix of low rank as two thin factors: bias + up(activation(down(x))), the "LoRA-style" pairs.
#pragma once

#include "core/graph/ops.h"
#include "core/models/weights.h"

#include <initializer_list>
#include <optional>
#include <string>

namespace volary {

struct LowRank {
    Tensor down; // [D, C]
    Tensor up;   // [C, D]
    Tensor bias; // [C], or absent
};

// Whether the last two dimensions of a factor stand the other way round than in the official checkpoints, as
// rwkv.cpp and some other tools store them. Officially the dimension `officialDimension` (of these two) has
// the C channels; where both have, the official way is assumed.
bool isTurned(const TensorFile &file, const Shape &stored, std::int64_t C, int officialDimension);

// The two factors, officially stored [inputs, outputs]. The bias is the caller's.
LowRank loadLowRank(WeightLoader &load, const std::string &down, const std::string &up, std::int64_t C);

// Several pairs that share two tensors, officially [C, n D] and [n, D, C], each with a bias of its own.
struct StackedPair {
    LowRank &pair;
    std::string bias;
};
void loadLowRanks(WeightLoader &load, const std::string &down, const std::string &up, std::int64_t C,
                  std::initializer_list<StackedPair> pairs);

Value project(Ops &op, const LowRank &p, Value x, std::optional<Activation> inner);

} // namespace volary
