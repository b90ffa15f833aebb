#include "core/models/blocks/skeleton.h"

#include "core/models/blocks/checkpoint.h"

namespace volary {

namespace {

constexpr float kEpsilon = 1e-5f;

LayerNormWeights loadNorm(WeightLoader &load, const std::string &name, std::int64_t C)
{
    return {.scale = load.vector(name + ".weight", C), .shift = load.vector(name + ".bias", C)};
}

Value norm(Ops &op, const LayerNormWeights &w, Value x)
{
    return op.layerNorm(x, w.scale, w.shift, kEpsilon);
}

} // namespace

SkeletonWeights loadSkeleton(WeightLoader &load, const ModelInfo &info)
{
    SkeletonWeights w;
    w.embedding = load.matrix("emb.weight", info.vocabulary, info.width);
    w.first = loadNorm(load, "blocks.0.ln0", info.width);
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer)
        w.layers.push_back({.attention = loadNorm(load, blockPrefix(layer) + "ln1", info.width),
                            .feedForward = loadNorm(load, blockPrefix(layer) + "ln2", info.width)});
    w.last = loadNorm(load, "ln_out", info.width);
    w.head = load.matrix("head.weight", info.vocabulary, info.width);
    return w;
}

Value recordEmbedding(Ops &op, const SkeletonWeights &w)
{
    return norm(op, w.first, op.embed(w.embedding));
}

void recordSkeleton(Ops &op, const SkeletonWeights &w, const Mix &timeMix, const Mix &channelMix)
{
    Value x = recordEmbedding(op, w);
    for (int l = 0; l < int(w.layers.size()); ++l) {
        const SkeletonWeights::Layer &layer = w.layers[std::size_t(l)];
        x = op.add(x, timeMix(l, norm(op, layer.attention, x)));
        x = op.add(x, channelMix(l, norm(op, layer.feedForward, x)));
    }
    if (op.want() <= Want::StateOnly)
        return;
    if (op.want() == Want::LastLogits)
        x = op.lastRows(x);
    const Value hidden = norm(op, w.last, x);
    op.result(hidden, op.linear(w.head, hidden));
}

} // namespace volary
