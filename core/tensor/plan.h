// A plan: the recorded equations of a model for a given number of rows, ready to be laid out and run by a
// backend.
//
// Rows and sequences. One run advances B sequences at once. Their new tokens stand one below the other as R
// rows; sequence b owns the rows firstRow[b] .. firstRow[b+1]-1. So the same plan serves one token each of
// many conversations, a chunk of one prompt, or a mixture. Activations are [R, C] float32.
//
// Rows never influence each other except through an op that carries state (token shift, wkv), and every op
// computes a row in an order that does not depend on R. Cutting a text elsewhere therefore gives the same
// bits. A state tensor may grow by a row per token; then row p belongs to the sequence's token number p. Of
// derived rows (keys and values that follow from other rows) a state may keep the newest only.
#pragma once

#include "core/tensor/tensor.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace volary {

// The op table. The contract of each op stands in core/tensor/ops/<op>.h.
enum class OpKind : std::uint8_t {
    Embed,
    LayerNorm,
    TokenShift,
    Lerp,
    Linear,
    Activate,
    Add,
    Mul,
    Decay6,
    Decay7,
    NormalizeHeads,
    ScaleKey7,
    RowMatrix,
    Wkv4,
    Wkv5,
    Wkv7,
    GroupNorm,
    Bonus7,
    RmsNorm,
    AtMost,
    Rope,
    RepeatHeads,
    KeepTokens,
    KeepRows,
    KeptRows,
    Attention,
    Window,
    LastRows,
};
constexpr int kOpKinds = int(OpKind::LastRows) + 1;
std::string_view name(OpKind kind);

enum class Activation : std::uint8_t { Tanh, Sigmoid, SquaredRelu, Silu, OneMinusDecay6 };

// What of the result is wanted. StateOnly may leave out whatever does not reach the state; Passing also what
// does not reach the state once Model::lookback() more rows follow, which the caller promises.
enum class Want : std::uint8_t { Passing, StateOnly, LastLogits, AllLogits };

using ValueId = std::int32_t; // index into Plan::values; -1 means "none"

struct PlanValue {
    enum class Kind : std::uint8_t { Activation, Weight, State };
    Kind kind;
    DType type;
    Shape shape;            // of a state tensor: for one sequence; its first extent is 0 when rows are added
    int index = -1;         // Weight: into Plan::weights. State: into the model's state spec
    std::size_t offset = 0; // Activation: byte offset in the arena
    bool kept = false;      // Activation: readable after the run; its memory is not reused
};

struct PlanOp {
    static constexpr int kMaxInputs = 8, kMaxStates = 3;

    OpKind kind;
    std::array<ValueId, kMaxInputs> inputs{-1, -1, -1, -1, -1, -1, -1, -1};
    ValueId output = -1;                                // -1 for the ops that only keep something in a state
    std::array<ValueId, kMaxStates> states{-1, -1, -1}; // updated in place
    Activation activation = Activation::Tanh;
    int heads = 0;
    int keyHeads = 0; // of Attention
    float epsilon = 0;
    float epsilonInRoot = 0; // of RmsNorm
    float bound = 0;         // of AtMost
    double base = 0;         // of Rope
    bool halves = false;     // of Rope
    bool derived = false;    // of KeepRows: rows before Bindings::keptFrom are dropped
    int tile = -1;           // of Attention: index into Plan::tiles; -1: all rows are kept
};

struct Plan;

// How the keys and values of an attention are made again for kAttentionTile positions of one sequence, where
// they are not kept. Run for one tile after the other from position 0 on, its token shifts beginning with
// zeros.
struct RebuiltTile {
    std::shared_ptr<const Plan> plan;
    ValueId keys, values; // of that plan
    int tokenIds;         // the state tensor that holds the tokens
};

struct Plan {
    int rows = 0;      // R
    int sequences = 0; // B
    Want want = Want::LastLogits;
    std::vector<PlanValue> values;
    std::vector<PlanOp> ops;
    std::vector<Tensor> weights;
    std::vector<RebuiltTile> tiles;
    std::size_t arenaBytes = 0;
    ValueId logits = -1; // [B, V] or [R, V]; -1 with Want::StateOnly
    ValueId hidden =
        -1; // the rows that entered the head, normalised, [B, C] or [R, C]; -1 with Want::StateOnly
};

// What changes from run to run. Valid during the call only.
struct Bindings {
    std::span<const std::int32_t> tokens;            // [R] token ids, already checked against the vocabulary
    std::span<const std::int32_t> firstRow;          // [B + 1], ascending from 0 to R
    std::span<const std::span<const Tensor>> states; // [B], each in the order of the model's state spec
    // [B] how many tokens each sequence had read before. Growing tensors have room for this run's rows.
    std::span<const std::int64_t> positions;
    // [B] the first position whose derived rows are kept, a multiple of kAttentionTile; empty: 0 for all.
    std::span<const std::int64_t> keptFrom;
};

} // namespace volary
