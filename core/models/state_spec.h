// The declared state: what a model carries from token to token.
//
// Because it is declared, everything that handles states (allocating, cloning, saving, restoring, showing,
// comparing) is written once for all architectures.
#pragma once

#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

namespace volary {

enum class StateGrowth : std::uint8_t { Fixed, OneRowPerToken };

// Tells an inspector how to draw a tensor, and a converter what it may do with it.
enum class StateRole : std::uint8_t {
    AttentionShift,
    FeedForwardShift,
    Wkv,
    // RWKV-4 keeps a weighted mean per channel instead of a matrix per head (core/tensor/ops/wkv4.h).
    Numerator,
    Denominator,
    Maximum,
    // Rows of hybrids with attention. GoldFinch keeps a few numbers per token, and from them and the token
    // ids rebuilds keys and values; models inside Qwen keep keys and values themselves.
    TokenIds,
    KeyLatents,
    Keys,
    Values,
};
std::string_view name(StateRole role); // "attention-shift", ...

struct StateTensor {
    std::string name; // "blocks.3.att.wkv"
    DType type;
    Shape shape; // for one sequence: [H, N, N]; [0, C] for rows of C numbers that are added token by token
    StateGrowth growth = StateGrowth::Fixed;
    StateRole role;
    int layer = -1; // -1 when shared by all layers
    std::string
        layout; // how the dimensions are to be read: "head,value,key"; converters between layouts go by it
    float initial = 0; // every number of a fresh state
    // Computed from the other tensors: never saved, and rebuilt after a restore (Model::recordRebuild).
    bool derived = false;
    // Of derived tensors that grow: only so many of the newest rows are kept, rounded up to whole tiles of
    // attention and never fewer than a run adds; 0: all.
    std::int64_t mostRows = 0;

    // Whether a saved tensor fits. How a fresh state begins is no part of what was saved.
    bool operator==(const StateTensor &other) const
    {
        const auto saved = [](const StateTensor &t) {
            return std::tie(t.name, t.type, t.shape, t.growth, t.role, t.layer, t.layout);
        };
        return saved(*this) == saved(other);
    }
};

// Of a tensor that grows.
std::size_t bytesPerRow(const StateTensor &tensor);
Shape withRows(const Shape &shape, std::int64_t rows); // the first extent replaced

// What every token adds to a saved state.
std::size_t bytesPerToken(std::span<const StateTensor> spec);

// Rows that can be rebuilt: what every token adds to them, and how many of the newest are kept (0: all).
struct DerivedRows {
    std::size_t bytesPerToken = 0;
    std::int64_t most = 0;
};
DerivedRows derivedRows(std::span<const StateTensor> spec);

} // namespace volary
