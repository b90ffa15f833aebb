// The CPU: threads and vectors, correct on any x86-64 and faster where AVX2 or AVX-512 is present.
#pragma once

#include "core/tensor/backend.h"

#include <memory>

namespace volary {

// `threads` of 0 means one per physical core this process may use.
std::unique_ptr<Backend> makeCpuBackend(int threads = 0);

} // namespace volary
