// RWKV-7 "Goose" (x070): Peng et al., "RWKV-7 Goose with Expressive Dynamic State Evolution", 2025.
//
// The state of each head is a matrix S that maps keys to values. Every token lets it decay channel by
// channel, makes it forget what it held for one key (kappa), and writes a new value for its own key:
//
//   S <- S diag(w) - (S kappa) (kappa * a)^T + v k^T        out = S r
//
// Against RWKV-6: the decay has a soft floor, the update is a delta rule with an in-context learning rate a,
// all token shifts are plain learned mixes, and every layer mixes its values with those of the first one.
#include "core/models/rwkv7.h"

#include "core/base/text.h"

#include <algorithm>

namespace volary::rwkv7 {

namespace {

// Weights: names and shapes as in the official checkpoints.
// .

// bias + up(activation(down(x))): the "LoRA-style" pairs, stored [inputs, outputs]
struct LowRank {
    Tensor down; // [D, C]
    Tensor up;   // [C, D]
    Tensor bias; // [C], absent in the gate
};

struct TimeMixWeights {
    Tensor mixR, mixW, mixK, mixV, mixA, mixG; // [C]  share of the previous token
    Tensor receptance, key, value, output;     // [C, C]
    LowRank decay, rate, valueMix, gate;
    Tensor keyScale;             // [C]     k_k
    Tensor keyRate;              // [C]     k_a
    Tensor bonus;                // [H, N]  r_k
    Tensor normScale, normShift; // [C]
};

struct ChannelMixWeights {
    Tensor mixK;  // [C]
    Tensor key;   // [F, C]
    Tensor value; // [C, F]
};

struct LayerWeights {
    Tensor attentionNormScale, attentionNormShift; // [C]
    TimeMixWeights timeMix;
    Tensor feedForwardNormScale, feedForwardNormShift; // [C]
    ChannelMixWeights channelMix;
};

struct Weights {
    Tensor embedding;                      // [V, C]
    Tensor firstNormScale, firstNormShift; // [C]  ln0
    std::vector<LayerWeights> layers;
    Tensor finalNormScale, finalNormShift; // [C]
    Tensor head;                           // [V, C]
};

// rwkv.cpp stores the factors as [outputs, inputs], and the six mixes as one tensor.
bool isRwkvCpp(const WeightLoader &load)
{
    return load.file().format() == "rwkv.cpp";
}

Tensor factor(WeightLoader &load, const std::string &name, std::int64_t inputs, std::int64_t outputs)
{
    return isRwkvCpp(load) ? load.matrix(name, outputs, inputs) : load.transposed(name, inputs, outputs);
}

LowRank lowRank(WeightLoader &load, const std::string &att, char letter, std::int64_t C, bool biased)
{
    const std::string prefix = att + letter;
    const Shape down = load.shapeOf(prefix + "1");
    const std::int64_t D = down.rank() == 2 ? down[isRwkvCpp(load) ? 0 : 1] : 0;
    return {.down = factor(load, prefix + "1", C, D),
            .up = factor(load, prefix + "2", D, C),
            .bias = biased ? load.vector(prefix + "0", C) : Tensor{}};
}

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

LayerWeights loadLayer(WeightLoader &load, int layer, const ModelInfo &info)
{
    const std::int64_t C = info.width, F = info.hidden;
    const std::string block = "blocks." + std::to_string(layer) + ".";
    return {
        .attentionNormScale = load.vector(block + "ln1.weight", C),
        .attentionNormShift = load.vector(block + "ln1.bias", C),
        .timeMix = loadTimeMix(load, block + "att.", layer, info),
        .feedForwardNormScale = load.vector(block + "ln2.weight", C),
        .feedForwardNormShift = load.vector(block + "ln2.bias", C),
        .channelMix = {.mixK = load.vector(block + "ffn.x_k", C),
                       .key = load.matrix(block + "ffn.key.weight", F, C),
                       .value = load.matrix(block + "ffn.value.weight", C, F)},
    };
}

// Equations.
// .

constexpr float kNormEpsilon = 1e-5f;
constexpr float kGroupNormEpsilon = 64e-5f;

// Where each layer's tensors stand in the state spec.
enum StateSlotOfLayer { AttentionShift, Wkv, FeedForwardShift, SlotsPerLayer };

Value project(Ops &op, const LowRank &p, Value x, std::optional<Activation> inner)
{
    Value low = op.linear(p.down, x);
    if (inner)
        low = op.activate(*inner, low);
    const Value high = op.linear(p.up, low);
    return p.bias ? op.add(high, p.bias) : high;
}

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

Value channelMix(Ops &op, const ChannelMixWeights &p, int layer, Value x)
{
    const Value previous = op.tokenShift(x, layer * SlotsPerLayer + FeedForwardShift);
    const Value k = op.linear(p.key, op.lerp(x, previous, p.mixK));
    return op.linear(p.value, op.activate(Activation::SquaredRelu, k));
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
        const Weights &w = m_weights;
        Value x = op.layerNorm(op.embed(w.embedding), w.firstNormScale, w.firstNormShift, kNormEpsilon);
        Value firstValue;
        for (int l = 0; l < m_info.layers; ++l) {
            const LayerWeights &p = w.layers[std::size_t(l)];
            const Value xa = op.layerNorm(x, p.attentionNormScale, p.attentionNormShift, kNormEpsilon);
            x = op.add(x, timeMix(op, p.timeMix, l, xa, firstValue, m_info.heads));
            const Value xf = op.layerNorm(x, p.feedForwardNormScale, p.feedForwardNormShift, kNormEpsilon);
            x = op.add(x, channelMix(op, p.channelMix, l, xf));
        }
        if (op.want() == Want::StateOnly)
            return;
        if (op.want() == Want::LastLogits)
            x = op.lastRows(x);
        const Value hidden = op.layerNorm(x, w.finalNormScale, w.finalNormShift, kNormEpsilon);
        op.result(hidden, op.linear(w.head, hidden));
    }

private:
    // In the order of StateSlotOfLayer.
    void declareState(int layer)
    {
        const std::int64_t C = m_info.width, H = m_info.heads, N = m_info.headSize;
        const std::string block = "blocks." + std::to_string(layer) + ".";
        m_stateSpec.push_back({.name = block + "att.shift",
                               .type = DType::F32,
                               .shape = {C},
                               .role = StateRole::AttentionShift,
                               .layer = layer,
                               .layout = "channel"});
        m_stateSpec.push_back({.name = block + "att.wkv",
                               .type = DType::F32,
                               .shape = {H, N, N},
                               .role = StateRole::Wkv,
                               .layer = layer,
                               .layout = "head,value,key"});
        m_stateSpec.push_back({.name = block + "ffn.shift",
                               .type = DType::F32,
                               .shape = {C},
                               .role = StateRole::FeedForwardShift,
                               .layer = layer,
                               .layout = "channel"});
    }

    Weights m_weights;
};

// Recognising and loading.
// .

// One more than the largest N in "blocks.N."; 0 when there is none.
int countLayers(const TensorFile &file)
{
    int layers = 0;
    for (const TensorInfo &info : file.tensors()) {
        if (!info.name.starts_with("blocks."))
            continue;
        const std::string digits = info.name.substr(7, info.name.find('.', 7) - 7);
        if (!digits.empty() && digits.size() <= 4 &&
            std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
            layers = std::max(layers, std::stoi(digits) + 1);
    }
    return layers;
}

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
    const auto has = [&](std::string_view name) {
        return std::ranges::any_of(file.tensors(), [&](const TensorInfo &info) { return info.name == name; });
    };
    // x070a and RWKV-8 carry r_k too, and more: running them as x070 would give wrong text without a word.
    return has("blocks.0.att.r_k") && !has("blocks.0.ffn.s_emb.weight") && !has("blocks.0.ffn.enn.weight");
}

std::unique_ptr<const Model> load(WeightLoader &load)
{
    const ModelInfo info = readInfo(load);
    Weights w;
    w.embedding = load.matrix("emb.weight", info.vocabulary, info.width);
    w.firstNormScale = load.vector("blocks.0.ln0.weight", info.width);
    w.firstNormShift = load.vector("blocks.0.ln0.bias", info.width);
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer)
        w.layers.push_back(loadLayer(load, layer, info));
    w.finalNormScale = load.vector("ln_out.weight", info.width);
    w.finalNormShift = load.vector("ln_out.bias", info.width);
    w.head = load.matrix("head.weight", info.vocabulary, info.width);
    if (load.failed())
        return nullptr;
    return std::make_unique<Goose>(info, std::move(w));
}

} // namespace volary::rwkv7
