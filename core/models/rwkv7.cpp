// RWKV-7 "Goose" (x070): Peng et al., "RWKV-7 Goose with Expressive Dynamic State Evolution", 2025.
//
// The state of each head is a matrix S that maps keys to values. Every token lets it decay channel by
// channel, makes it forget what it held for one key (kappa), and writes a new value for its own key:
//
//   S <- S diag(w) - (S kappa) (kappa * a)^T + v k^T        out = S r
//
// Against RWKV-6: the decay has a soft floor, the update is a delta rule with an in-context learning rate a,
// all token shifts are plain learned mixes, and every layer mixes its values with those of the first one.
//
// RWKV-7a (x070a) adds DeepEmbed: for every token each layer looks up a small matrix Q, which turns a few
// directions of the input into a factor for every channel of the channel mix.
#include "core/models/rwkv7.h"

#include "core/base/text.h"
#include "core/models/blocks/checkpoint.h"
#include "core/models/blocks/low_rank.h"
#include "core/models/blocks/skeleton.h"
#include "core/models/blocks/states.h"

#include <optional>

namespace volary::rwkv7 {

namespace {

// Weights: names and shapes as in the official checkpoints.
// .

struct TimeMixWeights {
    Tensor mixR, mixW, mixK, mixV, mixA, mixG; // [C]  share of the previous token
    Tensor receptance, key, value, output;     // [C, C]
    LowRank decay, rate, valueMix, gate;
    Tensor keyScale;             // [C]     k_k
    Tensor keyRate;              // [C]     k_a
    Tensor bonus;                // [H, N]  r_k
    Tensor normScale, normShift; // [C]
};

// Of x070a: the factors are ((x s1) Q) s2 + s0 with Q = s_emb[token] + s_emb_x e, e the embedding of the
// token.
struct DeepEmbedWeights {
    Tensor table;          // [V, D D]  s_emb
    Tensor fromEmbedding;  // [D D, C]  s_emb_x
    Tensor down, up, bias; // [D, C], [F, D], [F]
};

struct ChannelMixWeights {
    Tensor mixK;  // [C]
    Tensor key;   // [F, C]
    Tensor value; // [C, F]
    std::optional<DeepEmbedWeights> deepEmbed;
};

struct LayerWeights {
    TimeMixWeights timeMix;
    ChannelMixWeights channelMix;
};

struct Weights {
    SkeletonWeights skeleton;
    std::vector<LayerWeights> layers;
};

LowRank lowRank(WeightLoader &load, const std::string &att, char letter, std::int64_t C, bool biased)
{
    const std::string prefix = att + letter;
    LowRank pair = loadLowRank(load, prefix + "1", prefix + "2", C);
    if (biased)
        pair.bias = load.vector(prefix + "0", C);
    return pair;
}

// rwkv.cpp stores the six mixes as one tensor.
void loadMixes(WeightLoader &load, const std::string &att, std::int64_t C, TimeMixWeights &w)
{
    Tensor *const mixes[] = {&w.mixR, &w.mixW, &w.mixK, &w.mixV, &w.mixA, &w.mixG};
    constexpr char letters[] = "rwkvag";
    for (int i = 0; i < 6; ++i) {
        *mixes[i] = load.has(att + "x_rwkvag") ? load.vectorRow(att + "x_rwkvag", i, 6, C)
                                               : load.vector(att + "x_" + letters[i], C);
    }
}

TimeMixWeights loadTimeMix(WeightLoader &load, const std::string &att, int layer, const ModelInfo &info)
{
    const std::int64_t C = info.width;
    TimeMixWeights w;
    loadMixes(load, att, C, w);
    w.receptance = load.matrix(att + "receptance.weight", C, C);
    w.key = load.matrix(att + "key.weight", C, C);
    w.value = load.matrix(att + "value.weight", C, C);
    w.output = load.matrix(att + "output.weight", C, C);
    w.decay = lowRank(load, att, 'w', C, true);
    w.rate = lowRank(load, att, 'a', C, true);
    w.gate = lowRank(load, att, 'g', C, false);
    if (layer > 0) // the first layer has no earlier values to mix with; some files carry unused ones
        w.valueMix = lowRank(load, att, 'v', C, true);
    w.keyScale = load.vector(att + "k_k", C);
    w.keyRate = load.vector(att + "k_a", C);
    w.bonus = load.vector(att + "r_k", C);
    w.bonus.shape = {info.heads, info.headSize};
    w.normScale = load.vector(att + "ln_x.weight", C);
    w.normShift = load.vector(att + "ln_x.bias", C);
    return w;
}

DeepEmbedWeights loadDeepEmbed(WeightLoader &load, const std::string &ffn, const ModelInfo &info)
{
    const Shape down = load.shapeOf(ffn + "s1");
    const std::int64_t D = down.rank() == 2 && down[1] <= info.width ? down[1] : 0;
    return {.table = load.matrix(ffn + "s_emb.weight", info.vocabulary, D * D),
            .fromEmbedding = load.matrix(ffn + "s_emb_x.weight", D * D, info.width),
            .down = load.transposed(ffn + "s1", info.width, D),
            .up = load.transposed(ffn + "s2", D, info.hidden),
            .bias = load.vector(ffn + "s0", info.hidden)};
}

ChannelMixWeights loadChannelMix(WeightLoader &load, const std::string &ffn, const ModelInfo &info)
{
    ChannelMixWeights w{.mixK = load.vector(ffn + "x_k", info.width),
                        .key = load.matrix(ffn + "key.weight", info.hidden, info.width),
                        .value = load.matrix(ffn + "value.weight", info.width, info.hidden),
                        .deepEmbed = {}};
    if (info.architecture == "rwkv7a")
        w.deepEmbed = loadDeepEmbed(load, ffn, info);
    return w;
}

// Equations.
// .

constexpr float kGroupNormEpsilon = 64e-5f;

// Where each layer's tensors stand in the state spec.
enum StateSlotOfLayer { AttentionShift, Wkv, FeedForwardShift, SlotsPerLayer };

// x: [R, C], normalised. firstValue: the values of layer 0, which sets it.
Value timeMix(Ops &op, const TimeMixWeights &p, int layer, Value x, Value &firstValue, int heads)
{
    const Value previous = op.tokenShift(x, layer * SlotsPerLayer + AttentionShift);
    const Value xv = op.lerp(x, previous, p.mixV);

    const Value r = op.linear(p.receptance, op.lerp(x, previous, p.mixR));
    const Value w = op.decay7(project(op, p.decay, op.lerp(x, previous, p.mixW), Activation::Tanh));
    const Value k0 = op.linear(p.key, op.lerp(x, previous, p.mixK));
    Value v = op.linear(p.value, xv);
    const Value a =
        op.activate(Activation::Sigmoid, project(op, p.rate, op.lerp(x, previous, p.mixA), std::nullopt));
    const Value g = project(op, p.gate, op.lerp(x, previous, p.mixG), Activation::Sigmoid);

    if (layer == 0)
        firstValue = v;
    else
        v = op.lerp(v, firstValue,
                    op.activate(Activation::Sigmoid, project(op, p.valueMix, xv, std::nullopt)));

    const Value kappa = op.normalizeHeads(op.mul(k0, p.keyScale), heads);
    const Value k = op.scaleKey7(k0, a, p.keyRate);

    const Value read = op.wkv7(r, w, k, v, kappa, a, layer * SlotsPerLayer + Wkv);
    const Value y = op.add(op.groupNorm(read, p.normScale, p.normShift, heads, kGroupNormEpsilon),
                           op.bonus7(r, k, v, p.bonus));
    return op.linear(p.output, op.mul(y, g));
}

// x: [R, C], normalised; embedding: [R, C]. A factor for every channel of the channel mix, [R, F].
Value deepEmbed(Ops &op, const DeepEmbedWeights &p, Value x, Value embedding)
{
    const Value Q = op.add(op.embed(p.table), op.linear(p.fromEmbedding, embedding));
    return op.add(op.linear(p.up, op.rowMatrix(op.linear(p.down, x), Q)), p.bias);
}

Value channelMix(Ops &op, const ChannelMixWeights &p, int layer, Value x, Value embedding)
{
    const Value previous = op.tokenShift(x, layer * SlotsPerLayer + FeedForwardShift);
    Value k = op.activate(Activation::SquaredRelu, op.linear(p.key, op.lerp(x, previous, p.mixK)));
    if (p.deepEmbed)
        k = op.mul(k, deepEmbed(op, *p.deepEmbed, x, embedding));
    return op.linear(p.value, k);
}

class Goose final : public Model {
public:
    Goose(ModelInfo info, Weights weights) : m_weights(std::move(weights))
    {
        m_info = std::move(info);
        for (int layer = 0; layer < m_info.layers; ++layer)
            declareState(layer);
    }

    void record(Ops &op) const override
    {
        const auto &layers = m_weights.layers;
        Value firstValue;
        const Value embedding =
            layers.front().channelMix.deepEmbed ? recordEmbedding(op, m_weights.skeleton) : Value{};
        recordSkeleton(
            op, m_weights.skeleton,
            [&](int l, Value x) {
                return timeMix(op, layers[std::size_t(l)].timeMix, l, x, firstValue, m_info.heads);
            },
            [&](int l, Value x) {
                return channelMix(op, layers[std::size_t(l)].channelMix, l, x, embedding);
            });
    }

private:
    // In the order of StateSlotOfLayer.
    void declareState(int layer)
    {
        m_stateSpec.push_back(attentionShift(layer, m_info.width));
        m_stateSpec.push_back(valueKeyState(layer, m_info.heads, m_info.headSize));
        m_stateSpec.push_back(feedForwardShift(layer, m_info.width));
    }

    Weights m_weights;
};

// Recognising and loading.
// .

ModelInfo readInfo(WeightLoader &load)
{
    const Shape embedding = load.shapeOf("emb.weight");
    const Shape bonus = load.shapeOf("blocks.0.att.r_k");
    const Shape key = load.shapeOf("blocks.0.ffn.key.weight");
    ModelInfo info{.architecture = "rwkv7", .title = "RWKV-7 “Goose”"};
    if (load.failed())
        return info;
    const bool sane = embedding.rank() == 2 && bonus.rank() == 2 && key.rank() == 2 && bonus[0] > 0 &&
                      bonus[1] > 0 && embedding[1] == bonus.elements() && embedding.elements() > 0 &&
                      key[0] > 0 && embedding[0] <= INT32_MAX && embedding[1] <= INT32_MAX &&
                      key[0] <= INT32_MAX;
    if (!sane) {
        load.fail(
            {ErrorCode::Mismatch,
             format(
                 "The tensors emb.weight %s, blocks.0.att.r_k %s and blocks.0.ffn.key.weight %s do not fit "
                 "together.",
                 embedding.text().c_str(), bonus.text().c_str(), key.text().c_str()),
             "They should be [V, C], [H, N] with H * N = C, and [F, C]."});
        return info;
    }
    info.layers = countLayers(load.file());
    info.width = int(embedding[1]);
    info.heads = int(bonus[0]);
    info.headSize = int(bonus[1]);
    info.hidden = int(key[0]);
    info.vocabulary = int(embedding[0]);
    return info;
}

} // namespace

bool recognises(const TensorFile &file)
{
    // x070b and RWKV-8 carry r_k too, and more: running them as x070 would give wrong text without a word.
    return hasTensor(file, "blocks.0.att.r_k") && !hasTensor(file, "blocks.0.qkv.qq.weight") &&
           !hasTensor(file, "blocks.0.ffn.enn.weight");
}

std::unique_ptr<const Model> load(WeightLoader &load)
{
    ModelInfo info = readInfo(load);
    if (load.has("blocks.0.ffn.s_emb.weight")) {
        info.architecture = "rwkv7a";
        info.title = "RWKV-7a “Goose” with DeepEmbed";
    }
    Weights w{.skeleton = loadSkeleton(load, info), .layers = {}};
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer) {
        const std::string block = blockPrefix(layer);
        w.layers.push_back({.timeMix = loadTimeMix(load, block + "att.", layer, info),
                            .channelMix = loadChannelMix(load, block + "ffn.", info)});
    }
    if (load.failed())
        return nullptr;
    return std::make_unique<Goose>(info, std::move(w));
}

} // namespace volary::rwkv7
