// QRWKV7 ("rwkv7qwen2", "rwkv7qwen3"): Goldstein et al., "RADLADS", 2025. Qwen with the recurrence of RWKV-7
// over Qwen's own projections, which have fewer heads of keys and values. An earlier form has token shift,
// group norm and bonus; a later one rotary positions and a balanced state. The last layers may have kept
// their attention.
#include "core/models/qrwkv7.h"

#include "core/models/blocks/checkpoint.h"
#include "core/models/blocks/low_rank.h"
#include "core/models/blocks/qwen.h"
#include "core/models/blocks/states.h"

#include <cmath>
#include <optional>

namespace volary::qrwkv7 {

namespace {

// Weights: names and shapes as in the published checkpoints.
// .

struct TokenShiftWeights {
    Tensor r, w, k, v, a, g; // [C]  share of the previous token
};

struct MixerWeights {
    std::optional<TokenShiftWeights> shift; // the earlier form
    qwen::Projection receptance, key, value;
    LowRank decay, rate, valueMix;      // w, a, v; valueMix from the second layer on
    Tensor gate;                        // [C, C], or absent
    std::optional<LowRank> lowRankGate; // instead of it
    Tensor keyScale, keyRate;           // [C]  k_k, k_a; read unless the state is balanced
    Tensor bonus;                       // [H, N]  r_k; read in the earlier form only
    Tensor normScale, normShift;        // [C], or absent
    Tensor output;                      // [C, C]
};

struct LayerWeights {
    std::optional<MixerWeights> mixer;
    std::optional<qwen::AttentionWeights> attention; // where there is no mixer
};

struct Weights {
    qwen::DecoderWeights decoder;
    std::vector<LayerWeights> layers;
    Tensor ones, minusOnes, readScale; // [C]; N^(-1/2)
    int keyHeads = 0;
    bool balanced = false;
    bool turned = false; // rotary positions in the mixers
    double ropeBase = 0;
    float groupNormEpsilon = 0;
};

LowRank loadPair(WeightLoader &load, const std::string &prefix, char letter, std::int64_t C, bool biased)
{
    const std::string name = prefix + letter;
    LowRank pair = loadLowRank(load, name + "1", name + "2", C);
    if (biased)
        pair.bias = load.vector(name + "0", C);
    return pair;
}

TokenShiftWeights loadShift(WeightLoader &load, const std::string &prefix, std::int64_t C)
{
    const auto share = [&](char letter) { return load.vector(prefix + "x_" + letter, C); };
    return {
        .r = share('r'), .w = share('w'), .k = share('k'), .v = share('v'), .a = share('a'), .g = share('g')};
}

MixerWeights loadMixer(WeightLoader &load, const std::string &prefix, int layer, const ModelInfo &info,
                       int keyHeads, bool balanced)
{
    const std::int64_t C = info.width, kept = std::int64_t(keyHeads) * info.headSize;
    MixerWeights w;
    if (load.has(prefix + "x_r"))
        w.shift = loadShift(load, prefix, C);
    w.receptance = qwen::loadProjection(load, prefix + "q_proj", C, C);
    w.key = qwen::loadProjection(load, prefix + "k_proj", kept, C);
    w.value = qwen::loadProjection(load, prefix + "v_proj", kept, C);
    w.decay = loadPair(load, prefix, 'w', C, true);
    w.rate = loadPair(load, prefix, 'a', C, true);
    if (layer > 0)
        w.valueMix = loadPair(load, prefix, 'v', C, true);
    if (load.has(prefix + "gate.weight"))
        w.gate = load.matrix(prefix + "gate.weight", C, C);
    else if (load.has(prefix + "g1"))
        w.lowRankGate = loadPair(load, prefix, 'g', C, false);
    if (!balanced) {
        w.keyScale = load.vector(prefix + "k_k", C);
        w.keyRate = load.vector(prefix + "k_a", C);
    }
    if (w.shift) {
        w.bonus = load.vector(prefix + "r_k", C);
        w.bonus.shape = {info.heads, info.headSize};
    }
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

// x: [R, C], normalised. firstValue: the values of layer 0, which sets it.
Value mix(Ops &op, const MixerWeights &p, const Weights &model, int firstState, bool first, Value x,
          Value &firstValue, const ModelInfo &info)
{
    const Value previous = p.shift ? op.tokenShift(x, firstState + Shift) : Value();
    const auto mixed = [&](Tensor TokenShiftWeights::*share) {
        return p.shift ? op.lerp(x, previous, (*p.shift).*share) : x;
    };
    const auto turned = [&](Value v, int heads) {
        return model.turned ? op.rope(v, heads, model.ropeBase, Ops::Pairs::Halves) : v;
    };
    const Value xv = mixed(&TokenShiftWeights::v);

    const Value r = turned(qwen::project(op, p.receptance, mixed(&TokenShiftWeights::r)), info.heads);
    const Value fewKeys = turned(qwen::project(op, p.key, mixed(&TokenShiftWeights::k)), model.keyHeads);
    const Value k0 = op.repeatHeads(fewKeys, model.keyHeads, info.heads);
    Value v = op.repeatHeads(qwen::project(op, p.value, xv), model.keyHeads, info.heads);
    const Value w = op.decay7(project(op, p.decay, mixed(&TokenShiftWeights::w), Activation::Tanh));
    const Value a =
        op.activate(Activation::Sigmoid, project(op, p.rate, mixed(&TokenShiftWeights::a), std::nullopt));

    if (first)
        firstValue = v;
    else
        v = op.lerp(v, firstValue,
                    op.activate(Activation::Sigmoid, project(op, p.valueMix, xv, std::nullopt)));

    const Value kappa = op.normalizeHeads(model.balanced ? k0 : op.mul(k0, p.keyScale), info.heads);
    const auto balancedKey = [&] { // k (1 - w + a)
        return op.mul(k0, op.add(op.add(a, op.mul(w, model.minusOnes)), model.ones));
    };
    const Value k = model.balanced ? balancedKey() : op.scaleKey7(k0, a, p.keyRate);

    Value y = op.wkv7(r, w, k, v, kappa, a, firstState + Wkv);
    y = p.normScale ? op.groupNorm(y, p.normScale, p.normShift, info.heads, model.groupNormEpsilon)
                    : op.mul(y, model.readScale);
    if (p.bonus)
        y = op.add(y, op.bonus7(r, k, v, p.bonus));
    if (p.gate)
        y = op.mul(y, op.activate(Activation::Sigmoid, op.linear(p.gate, mixed(&TokenShiftWeights::g))));
    else if (p.lowRankGate)
        y = op.mul(y, project(op, *p.lowRankGate, mixed(&TokenShiftWeights::g), Activation::Sigmoid));
    return op.linear(p.output, y);
}

class Qrwkv7 final : public Model {
public:
    Qrwkv7(ModelInfo info, Weights weights) : m_weights(std::move(weights))
    {
        m_info = std::move(info);
        for (int layer = 0; layer < m_info.layers; ++layer) {
            const LayerWeights &w = m_weights.layers[std::size_t(layer)];
            m_firstState.push_back(int(m_stateSpec.size()));
            if (w.attention) {
                qwen::declareAttention(m_stateSpec, layer, *w.attention, m_info.headSize);
                continue;
            }
            m_stateSpec.push_back(
                valueKeyState(layer, m_info.heads, m_info.headSize)); // in the order of MixerSlot
            if (w.mixer->shift)
                m_stateSpec.push_back(attentionShift(layer, m_info.width));
        }
        m_keepsTokens = m_weights.turned && bytesPerToken(m_stateSpec) == 0;
        if (m_keepsTokens)
            m_stateSpec.push_back(qwen::tokensRead());
    }

    void record(Ops &op) const override
    {
        if (m_keepsTokens)
            op.keepTokens(int(m_stateSpec.size()) - 1);
        Value firstValue;
        qwen::recordDecoder(op, m_weights.decoder, [&](int layer, Value x) {
            const LayerWeights &w = m_weights.layers[std::size_t(layer)];
            const int state = m_firstState[std::size_t(layer)];
            return w.attention ? qwen::attend(op, *w.attention, x, state, m_weights.ropeBase)
                               : mix(op, *w.mixer, m_weights, state, layer == 0, x, firstValue, m_info);
        });
    }

private:
    Weights m_weights;
    std::vector<int> m_firstState; // of every layer
    bool m_keepsTokens = false;    // as the last tensor of the state
};

} // namespace

// Recognising and loading.
// .

bool recognises(const TensorFile &file)
{
    const std::string prefix = qwen::layerPrefix(0) + "self_attn.";
    return hasTensor(file, prefix + "w0") && hasTensor(file, prefix + "q_proj.weight");
}

std::unique_ptr<const Model> load(WeightLoader &load)
{
    ModelInfo info{.architecture = "qrwkv7", .title = "QRWKV7"};
    qwen::readSizes(load, info);
    qwen::Config config(load);
    qwen::setHeads(load, config.count("num_attention_heads"), info);
    Weights w{.decoder = qwen::loadDecoder(load, info, config), .layers = {}};
    w.keyHeads = qwen::countKeyHeads(load, qwen::layerPrefix(0) + "self_attn.k_proj.weight", info.headSize);
    if (!load.failed() && info.heads % w.keyHeads != 0)
        load.fail({ErrorCode::Mismatch, "The heads of keys do not divide the heads of queries.",
                   "Check num_attention_heads in the config file beside the model."});
    w.balanced = config.flag("balance_state", true);
    w.turned = config.flag("use_rope", false);
    w.ropeBase = config.number("rope_theta", 1e6, 1, 1e12);
    w.groupNormEpsilon = 1e-5f * float(info.headSize);
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer) {
        const std::string prefix = qwen::layerPrefix(layer) + "self_attn.";
        LayerWeights weights;
        if (load.has(prefix + "w0"))
            weights.mixer = loadMixer(load, prefix, layer, info, w.keyHeads, w.balanced);
        else
            weights.attention = qwen::loadAttention(load, prefix, info, info.heads);
        w.layers.push_back(std::move(weights));
    }
    if (load.failed())
        return nullptr;
    const auto C = std::size_t(info.width);
    w.ones = load.vectorOf(std::vector<float>(C, 1));
    w.minusOnes = load.vectorOf(std::vector<float>(C, -1));
    w.readScale = load.vectorOf(std::vector<float>(C, 1 / std::sqrt(float(info.headSize))));
    if (load.failed())
        return nullptr;
    return std::make_unique<Qrwkv7>(info, std::move(w));
}

} // namespace volary::qrwkv7
