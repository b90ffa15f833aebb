// RWKV-4 "Dove". See rwkv4.cpp.
#pragma once

#include "core/models/model.h"
#include "core/models/weights.h"

#include <memory>

namespace volary::rwkv4 {

bool recognises(const TensorFile &file);
std::unique_ptr<const Model> load(WeightLoader &loader);

} // namespace volary::rwkv4
