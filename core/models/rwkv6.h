// RWKV-6 "Finch" (x060). See rwkv6.cpp.
#pragma once

#include "core/models/model.h"
#include "core/models/weights.h"

#include <memory>

namespace volary::rwkv6 {

bool recognises(const TensorFile &file);
std::unique_ptr<const Model> load(WeightLoader &loader);

} // namespace volary::rwkv6
