// RWKV-5 "Eagle": 5.0, 5.1 and 5.2. See rwkv5.cpp.
#pragma once

#include "core/models/model.h"
#include "core/models/weights.h"

#include <memory>

namespace volary::rwkv5 {

bool recognises(const TensorFile &file);
std::unique_ptr<const Model> load(WeightLoader &loader);

} // namespace volary::rwkv5
