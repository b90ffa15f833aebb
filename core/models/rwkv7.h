// RWKV-7 "Goose" (x070). See rwkv7.cpp.
#pragma once

#include "core/models/model.h"
#include "core/models/weights.h"

#include <memory>

namespace volary::rwkv7 {

bool recognises(const TensorFile &file);
std::unique_ptr<const Model> load(WeightLoader &loader);

} // namespace volary::rwkv7
