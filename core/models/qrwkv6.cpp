// QRWKV6 ("rwkv6qwen2"): Goldstein et al., "RADLADS: Rapid Attention Distillation to Linear Attention
// Decoders at Scale", 2025. Qwen 2.5 with gated linear attention: decay and token shift of RWKV-6, Qwen's own
// projections with fewer heads of keys and values, and a state that is read after the current token was
// written into it.
#include "core/models/qrwkv6.h"

#include "core/models/blocks/checkpoint.h"
#include "core/models/blocks/low_rank.h"
#include "core/models/blocks/qwen.h"
#include "core/models/blocks/states.h"

#include <cmath>
#include <optional>

namespace volary::qrwkv6 {

namespace {

// Weights: names and shapes as in the published checkpoints.
// .

struct TokenShiftWeights {
    Tensor mixX;                          // [C]  share of the previous token in what decides the shares
    LowRank mixR, mixK, mixV, mixW, mixG; // that decide them; the bias is the share itself
};

struct MixerWeights {
    std::optional<TokenShiftWeights> shift;
    qwen::Projection query, key, value;
    LowRank decay;                      // of the logarithm of -log w
    Tensor gate;                        // [C, C], or absent
    std::optional<LowRank> lowRankGate; // instead of it
    Tensor normScale, normShift;        // [C], or absent
    Tensor output;                      // [C, C]
};

struct Weights {
    qwen::DecoderWeights decoder;
    std::vector<MixerWeights> layers;
    Tensor zeros, ones, readScale; // [C], [H, N], [C]: N^(-1/2)
    int keyHeads = 0;
    bool balanced = true;
    double ropeBase = 0; // 0: none
    float groupNormEpsilon = 0;
};

// In the order r, k, v, w, g.
TokenShiftWeights loadShift(WeightLoader &load, const std::string &prefix, std::int64_t C)
{
    TokenShiftWeights w;
    w.mixX = load.vector(prefix + "time_maa_x", C);
    const std::string maa = prefix + "time_maa_";
    loadLowRanks(load, maa + "w1", maa + "w2", C,
                 {{w.mixR, maa + "r"},
                  {w.mixK, maa + "k"},
                  {w.mixV, maa + "v"},
                  {w.mixW, maa + "w"},
                  {w.mixG, maa + "g"}});
    return w;
}

MixerWeights loadMixer(WeightLoader &load, const std::string &prefix, const ModelInfo &info, int keyHeads)
{
    const std::int64_t C = info.width, kept = std::int64_t(keyHeads) * info.headSize;
    MixerWeights w;
    if (load.has(prefix + "time_maa_x"))
        w.shift = loadShift(load, prefix, C);
    w.query = qwen::loadProjection(load, prefix + "q_proj", C, C);
    w.key = qwen::loadProjection(load, prefix + "k_proj", kept, C);
    w.value = qwen::loadProjection(load, prefix + "v_proj", kept, C);
    w.decay = loadLowRank(load, prefix + "time_decay_w1", prefix + "time_decay_w2", C);
    w.decay.bias = load.vector(prefix + "time_decay", C);
    if (load.has(prefix + "gate.weight"))
        w.gate = load.matrix(prefix + "gate.weight", C, C);
    else if (load.has(prefix + "g1"))
        w.lowRankGate = loadLowRank(load, prefix + "g1", prefix + "g2", C);
    if (load.has(prefix + "ln_x.weight")) {
        w.normScale = load.vector(prefix + "ln_x.weight", C);
        w.normShift = load.vector(prefix + "ln_x.bias", C);
    }
    w.output = load.matrix(prefix + "o_proj.weight", C, C);
    return w;
}

// Equations.
// .

enum MixerSlot { Wkv, Shift };

// The published code bounds the decay from below: w >= e^-5.
const float kMostLogDecay = std::log(5.0f);

Value gateOf(Ops &op, const MixerWeights &p, Value x)
{
    return p.gate ? op.activate(Activation::Sigmoid, op.linear(p.gate, x))
                  : project(op, *p.lowRankGate, x, Activation::Sigmoid);
}

// x: [R, C], normalised.
Value mix(Ops &op, const MixerWeights &p, const Weights &model, int firstState, Value x,
          const ModelInfo &info)
{
    Value previous, shares;
    if (p.shift) {
        previous = op.tokenShift(x, firstState + Shift);
        shares = op.lerp(x, previous, p.shift->mixX);
    }
    const auto mixed = [&](LowRank TokenShiftWeights::*pair) {
        return p.shift ? op.lerp(x, previous, project(op, (*p.shift).*pair, shares, Activation::Tanh)) : x;
    };
    const auto turned = [&](Value v, int heads) {
        return model.ropeBase > 0 ? op.rope(v, heads, model.ropeBase, Ops::Pairs::Halves) : v;
    };

    const Value q = turned(qwen::project(op, p.query, mixed(&TokenShiftWeights::mixR)), info.heads);
    const Value fewKeys = turned(qwen::project(op, p.key, mixed(&TokenShiftWeights::mixK)), model.keyHeads);
    const Value fewValues = qwen::project(op, p.value, mixed(&TokenShiftWeights::mixV));
    Value k = op.repeatHeads(fewKeys, model.keyHeads, info.heads);
    const Value v = op.repeatHeads(fewValues, model.keyHeads, info.heads);
    const Value logDecay =
        op.atMost(project(op, p.decay, mixed(&TokenShiftWeights::mixW), Activation::Tanh), kMostLogDecay);
    const Value w = op.decay6(logDecay);
    if (model.balanced)
        k = op.mul(k, op.activate(Activation::OneMinusDecay6, logDecay));

    // The new state is read: (diag(w) S + k v^T)^T q = S^T (w * q) + (q . k) v, the old S as wkv5 reads it.
    const Value read =
        op.add(op.wkv5(op.mul(q, w), w, k, v, model.zeros, firstState + Wkv), op.bonus7(q, k, v, model.ones));
    Value y = op.mul(read, model.readScale);
    if (p.normScale)
        y = op.groupNorm(y, p.normScale, p.normShift, info.heads, model.groupNormEpsilon);
    if (p.gate || p.lowRankGate)
        y = op.mul(y, gateOf(op, p, mixed(&TokenShiftWeights::mixG)));
    return op.linear(p.output, y);
}

class Qrwkv6 final : public Model {
public:
    Qrwkv6(ModelInfo info, Weights weights) : m_weights(std::move(weights))
    {
        m_info = std::move(info);
        for (int layer = 0; layer < m_info.layers; ++layer) { // in the order of MixerSlot
            m_firstState.push_back(int(m_stateSpec.size()));
            m_stateSpec.push_back(keyValueState(layer, m_info.heads, m_info.headSize));
            if (m_weights.layers[std::size_t(layer)].shift)
                m_stateSpec.push_back(attentionShift(layer, m_info.width));
        }
        if (m_weights.ropeBase > 0)
            m_stateSpec.push_back(qwen::tokensRead());
    }

    void record(Ops &op) const override
    {
        if (m_weights.ropeBase > 0)
            op.keepTokens(int(m_stateSpec.size()) - 1);
        qwen::recordDecoder(op, m_weights.decoder, [&](int layer, Value x) {
            return mix(op, m_weights.layers[std::size_t(layer)], m_weights, m_firstState[std::size_t(layer)],
                       x, m_info);
        });
    }

private:
    Weights m_weights;
    std::vector<int> m_firstState; // of every layer
};

} // namespace

// Recognising and loading.
// .

bool recognises(const TensorFile &file)
{
    const std::string prefix = qwen::layerPrefix(0) + "self_attn.";
    return hasTensor(file, prefix + "time_decay_w1") && hasTensor(file, prefix + "q_proj.weight");
}

std::unique_ptr<const Model> load(WeightLoader &load)
{
    ModelInfo info{.architecture = "qrwkv6", .title = "QRWKV6"};
    qwen::readSizes(load, info);
    qwen::Config config(load);
    qwen::setHeads(load, config.count("num_attention_heads"), info);
    Weights w{.decoder = qwen::loadDecoder(load, info, config), .layers = {}};
    w.keyHeads = qwen::countKeyHeads(load, qwen::layerPrefix(0) + "self_attn.k_proj.weight", info.headSize);
    if (!load.failed() && info.heads % w.keyHeads != 0)
        load.fail({ErrorCode::Mismatch, "The heads of keys do not divide the heads of queries.",
                   "Check num_attention_heads in the config file beside the model."});
    w.balanced = config.flag("balance_state", true);
    w.ropeBase = config.flag("use_rope", false) ? config.number("rope_theta", 1e6, 1, 1e12) : 0;
    w.groupNormEpsilon = 1e-5f * float(info.headSize);
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer)
        w.layers.push_back(loadMixer(load, qwen::layerPrefix(layer) + "self_attn.", info, w.keyHeads));
    if (load.failed())
        return nullptr;
    const auto C = std::size_t(info.width);
    w.zeros = load.vectorOf(std::vector<float>(C));
    w.ones = load.vectorOf(std::vector<float>(C, 1));
    w.ones.shape = {info.heads, info.headSize};
    w.readScale = load.vectorOf(std::vector<float>(C, 1 / std::sqrt(float(info.headSize))));
    if (load.failed())
        return nullptr;
    return std::make_unique<Qrwkv6>(info, std::move(w));
}

} // namespace volary::qrwkv6
