// A matrix of low rank as two thin factors: bias + up(activation(down(x))), the "LoRA-style" pairs.
#pragma once

#include "core/graph/ops.h"
#include "core/models/weights.h"

#include <optional>

namespace volary {

struct LowRank {
    Tensor down; // [D, C]
    Tensor up;   // [C, D]
    Tensor bias; // [C], or absent
};

// The two factors, stored [inputs, outputs] (by rwkv.cpp the other way round). The bias is the caller's.
LowRank loadLowRank(WeightLoader &load, const std::string &down, const std::string &up, std::int64_t C);

Value project(Ops &op, const LowRank &p, Value x, std::optional<Activation> inner);

} // namespace volary
