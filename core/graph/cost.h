// What a plan must do at least: the numbers that a device's limits are compared with.
#pragma once

#include "core/tensor/plan.h"

#include <cstdint>

namespace volary {

struct PlanCost {
    std::uint64_t operations =
        0;                   // multiplications and additions of matrix products and recurrences, each counted
    std::uint64_t bytes = 0; // weights once, states read and written; activations stay in caches
};

PlanCost costOf(const Plan &plan);

} // namespace volary
