// What shaders are given: the structs named `Arguments` in shaders/, byte for byte (std430).
#pragma once

#include "kernels/gpu/schedule.h"

#include <cstdint>

namespace volary::vulkan {

using Address = std::uint64_t; // on the device; 0: none

// What is at hand at once; the rest has to be fetched from the address.
struct PushedArgs {
    static constexpr int kMaxProducts = 8;

    Address arguments;
    std::uint32_t firstGroups[kMaxProducts]; // of the products of a launch: their first workgroups
};
static_assert(sizeof(PushedArgs) <= 128, "every device takes so much");

struct EpilogueArgs {
    Address others[2];
    std::uint32_t function, carried, broadcast;
    float bound;
};

struct ProductArgs {
    static constexpr int kMaxEpilogues = 4;

    Address weight, x, out;
    std::uint32_t outputs, inputs, epilogueCount;
    std::uint32_t each; // outputs of a team, or 0 where a team is not asked
    EpilogueArgs epilogues[kMaxEpilogues];
};

struct ProductsArgs {
    static constexpr int kMaxProducts = PushedArgs::kMaxProducts;

    std::uint32_t count, rows;
    ProductArgs products[kMaxProducts];
};
static_assert(sizeof(ProductArgs) == 168 && sizeof(ProductsArgs) == 8 + 8 * 168);

struct EmbedArgs {
    Address table, tokens, out;
    std::uint32_t width;
};

enum class StepKind : std::uint32_t {
    Scalar,
    LayerNorm,
    RmsNorm,
    TokenShift,
    NormalizeHeads,
    GroupNorm,
    Bonus7,
    Recurrence
};

struct OutsideArgs {
    Address from;
    std::uint32_t broadcast, unused;
};

struct StepArgs {
    static constexpr int kMaxInputs = 6;

    Address store, x, states;
    StepKind kind;
    std::uint32_t function;
    std::uint32_t slot[kMaxInputs];
    std::uint32_t result;
    float epsilon, epsilonInRoot;
    std::uint32_t unused;
};

struct StepsArgs {
    static constexpr int kMaxOutsides = 20, kMaxSteps = 16, kMaxSlice = 128;

    std::uint32_t rows, width, slice, outsideCount, stepCount, unused;
    OutsideArgs outsides[kMaxOutsides];
    StepArgs steps[kMaxSteps];
};
static_assert(sizeof(StepArgs) == 72 && sizeof(StepsArgs) == 24 + 20 * 16 + 16 * 72);

struct Wkv4Args {
    Address k, v, logDecay, bonus, out, numerators, denominators, maxima, firstRow;
    std::uint32_t width;
};

struct Wkv5Args {
    Address r, decay, k, v, bonus, out, states, firstRow;
    std::uint32_t heads, decayPerRow;
};

struct Wkv7Args {
    Address r, w, k, v, kappa, a, out, states, firstRow;
    std::uint32_t heads;
};

struct TokenShiftArgs {
    Address x, out, states, firstRow;
    std::uint32_t sequences, width;
};

struct LastRowsArgs {
    Address x, out, firstRow;
    std::uint32_t width;
};

struct KeepRowsArgs {
    Address rows, states, firstRow, positions, keptFrom;
    std::uint32_t sequences, width;
};

struct CopyArgs {
    Address x, out;
    std::uint32_t width;
};

struct RepeatHeadsArgs {
    Address x, out;
    std::uint32_t given, heads, headSize;
};

struct RopeArgs {
    Address x, out, firstRow, positions, frequencies;
    std::uint32_t sequences, heads, headSize, halves;
};

struct RowMatrixArgs {
    Address x, matrices, out;
    std::uint32_t inputs, outputs;
};

struct AttentionArgs {
    Address q, out, keys, values, firstRow, positions;
    std::uint32_t sequences, heads, keyHeads, headSize;
};

} // namespace volary::vulkan
