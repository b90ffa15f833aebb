// Where the activations of a plan lie.
#pragma once

#include "core/tensor/plan.h"

namespace volary {

// Gives every activation a place in one arena, reusing memory of those that are no longer read. Kept values
// keep their place to the end. An op's output never shares memory with one of its inputs.
void layOut(Plan &plan);

} // namespace volary
