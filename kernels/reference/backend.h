// The oracle: the equations in the order of the equations, accumulating in double. Slow on purpose.
#pragma once

#include "core/tensor/backend.h"

#include <memory>

namespace volary {

std::unique_ptr<Backend> makeReferenceBackend();

} // namespace volary
