// Which ops of a plan share a launch, and where the values that are passed between launches lie.
//
// Matrix products that are ready together go into one launch, each with the elementwise ops that only it
// feeds. The small ops between two rounds of products, and the recurrence where every sequence has one row,
// become one launch more. What is left has a launch for each op. Every number is computed by the same
// operations in the same order as alone.
#pragma once

#include "core/tensor/plan.h"
#include "kernels/gpu/scalar.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace volary::gpu {

// What a backend's launches hold at most, and which recurrences can be among their steps.
struct LaunchLimits {
    std::size_t products, epilogues; // products of a launch; elementwise ops after each
    std::size_t steps, outsides;     // small ops of a launch; values that they read from elsewhere
    int slice;                       // channels that steps look at together
    bool recurrences = false;        // of one row a sequence and heads of 32 or 64
};

// A matrix product, and the elementwise ops that follow it.
struct ProductChain {
    struct Link {
        const PlanOp *op;
        int carried; // which of its inputs is the number so far
    };

    const PlanOp *product;
    std::vector<Link> links;

    ValueId output() const { return links.empty() ? product->output : links.back().op->output; }
};

struct Launch {
    enum class Kind : std::uint8_t { Products, Steps, Single };

    Kind kind;
    std::vector<ProductChain> products;
    std::vector<const PlanOp *> ops; // of Steps in their order, or the only one
    int slice = 0;                   // of Steps
};

struct Schedule {
    static constexpr std::size_t kNowhere = ~std::size_t(0);

    std::vector<Launch> launches;
    std::vector<std::size_t> offsets; // of every value in the arena, kNowhere where it never leaves a launch
    std::size_t arenaBytes = 0;
};

// Points into the plan.
Schedule scheduleOf(const Plan &plan, const LaunchLimits &limits);

// The elementwise function of an op, if it is one.
std::optional<Scalar> scalarOf(const PlanOp &op);

int inputCount(const PlanOp &op);

} // namespace volary::gpu
