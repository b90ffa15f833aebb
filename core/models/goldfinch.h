// GoldFinch and Finch-C2. See goldfinch.cpp.
#pragma once

#include "core/models/model.h"
#include "core/models/weights.h"

#include <memory>

namespace volary::goldfinch {

bool recognises(const TensorFile &file);
std::unique_ptr<const Model> load(WeightLoader &loader);

} // namespace volary::goldfinch
