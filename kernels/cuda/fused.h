// What several ops of a plan become when they run in one launch. Every pointer is a device address.
#pragma once

#include "core/tensor/dtype.h"
#include "kernels/gpu/scalar.h"

#include <cstddef>
#include <cstdint>
#include <cuda_runtime.h>

namespace volary::cuda {

using gpu::Scalar;

// A matrix product and what is done to each of its numbers before it is written.
struct Epilogue {
    Scalar function;
    std::uint8_t carried;   // which argument is the number so far
    bool broadcast[2];      // others[i] is [outputs], not [R, outputs]
    float bound;            // of AtMost
    const float *others[2]; // the other arguments in their order, as far as there are any
};

struct Product {
    static constexpr int kMaxEpilogues = 4;

    const void *weight; // [outputs, inputs]
    const float *x;     // [R, inputs]
    float *out;         // [R, outputs]
    int outputs, inputs;
    int epilogueCount;
    int first; // of the blocks or tasks of a launch, set by multiply()
    Epilogue epilogues[kMaxEpilogues];
};

struct ProductsArgs {
    static constexpr int kMaxProducts = 8;

    Product products[kMaxProducts];
    int count, rows;
    std::byte *scratch; // splitBytes() of every product (linear_many.h), or null
};

// Products that do not depend on each other, with weights of one type.
void multiply(const ProductsArgs &, DType type, cudaStream_t);

// A row's numbers from several small ops, a block for each slice of the channels. Slices are heads where an
// op looks at heads. A value lives in a slot of shared memory, and in device memory only if it is read later.
struct Step {
    enum class Kind : std::uint8_t {
        Scalar,
        LayerNorm,
        RmsNorm,
        TokenShift,
        NormalizeHeads, // from here on a step looks at slots of other channels
        GroupNorm,
        Bonus7,
        Wkv5,
        Wkv7
    };
    static constexpr int kMaxInputs = 6;

    Kind kind;
    Scalar function;             // of Scalar
    std::uint8_t in[kMaxInputs]; // slots; of LayerNorm and RmsNorm the first is unused
    std::uint8_t out;
    float epsilon;        // or the bound of AtMost
    float epsilonInRoot;  // of RmsNorm
    float *store;         // [R, width], or null
    const float *x;       // [R, width], whole rows for LayerNorm and RmsNorm
    float *const *states; // [R] of TokenShift, Wkv5 and Wkv7: a row for each sequence
};

struct StepsArgs {
    static constexpr int kMaxOutsides = 20, kMaxSteps = 16, kMaxSlice = 256;

    // What comes from device memory; its number is its slot.
    struct Outside {
        const float *from; // [R, width], or [width]
        bool broadcast;
    };

    Outside outsides[kMaxOutsides]; // first those that are weights
    Step steps[kMaxSteps];
    int weightCount, outsideCount, stepCount;
    int rows, width, slice;
};

void runSteps(const StepsArgs &, cudaStream_t);

} // namespace volary::cuda
