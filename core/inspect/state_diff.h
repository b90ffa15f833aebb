// What changed between two states of one model.
#pragma once

#include "core/base/result.h"
#include "core/session/snapshot_image.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace volary {

// Two pieces of the same shape, A and B, as vectors of their numbers.
struct PieceDiff {
    double normA = 0, normB = 0; // Euclidean; of a matrix the Frobenius norm
    double distance = 0;         // norm of B - A
    double cosine = 1;           // of the angle between them; 1 where both are zero
    double largest = 0;          // absolute difference of two numbers

    double relative() const; // the distance over the larger norm: 0 for equal ones, at most 2
};

struct HeadDiff {
    PieceDiff piece;
    double rank = 0; // effective rank of B - A: in how many directions the matrix changed;
                     // 0 where it did not, or is larger than 512 on a side
};

struct TensorDiff {
    StateTensor spec; // of A
    PieceDiff whole;
    std::vector<HeadDiff> heads; // of tensors [H, N, N]; else empty
};

struct StateDiff {
    std::int64_t tokensA = 0, tokensB = 0;
    std::int64_t commonTokens = 0; // at the beginning
    std::vector<TensorDiff> tensors;
};

// Every float tensor of the state. Of tensors that grow, the rows that both have. Refuses states of different
// models or forms. `keepGoing` is asked before every head and may cancel (ErrorCode::Cancelled).
Result<StateDiff> compareStates(const SnapshotImage &a, const SnapshotImage &b,
                                const std::function<bool()> &keepGoing = {});

} // namespace volary
