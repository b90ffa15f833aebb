// Which earlier tokens the attention layers of a hybrid look at.
#pragma once

#include "core/base/result.h"
#include "core/session/snapshot_image.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace volary {

class Runner;

struct LayerAttention {
    int layer = 0;
    int heads = 0;
    std::vector<float> weights; // [H, T]; each row sums to one
};

// The attention with which the last token of a snapshot is read, over that token and all before it.
struct AttentionPicture {
    std::vector<TokenId> tokens; // [T]; the last one is the one that looks back
    std::vector<LayerAttention> layers;
    // What is kept of each token but the last; none in hybrids that keep keys and values themselves.
    std::vector<float> latents; // [T - 1, L]
    std::int64_t latentWidth = 0;

    std::size_t savedBytesPerToken = 0;   // what a snapshot keeps: of GoldFinch latents and token ids
    std::size_t derivedBytesPerToken = 0; // keys and values that are made from them
    // The positions whose derived rows the model keeps in memory, of T; the rest is made again when met.
    std::int64_t derivedKept = 0;
    std::size_t ordinaryBytesPerToken = 0; // keys and values of 16 bits in every layer, the common cache

    // The mean over the chosen layers and heads, [T]; -1 stands for all.
    std::vector<double> mean(int layer, int head) const;
};

// Reads the last token of `image`, a snapshot of this runner's model, once more in a state of its own, and
// computes softmax(q . k / sqrt(N)) from the queries and keys that the engine used. Double accumulation.
// Unsupported where the model has no attention or all its rows would take more than 2 GiB. `progress` is
// called with the part that is done, 0..1, before every tile of keys, and may cancel (ErrorCode::Cancelled).
Result<AttentionPicture> attentionAt(Runner &runner, const SnapshotImage &image,
                                     const std::function<bool(double)> &progress = {});

} // namespace volary
