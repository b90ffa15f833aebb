// ARWKV-7: Yueyu et al., "ARWKV: Pretrain is not what we need, an RNN-Attention-Based Language Model Born
// from Transformer", 2025. Qwen 2.5 whose attention was replaced by the time mixing of RWKV-7, with or
// without its gate and its group norm; some layers may have kept their attention.
#include "core/models/arwkv.h"

#include "core/models/blocks/checkpoint.h"
#include "core/models/blocks/low_rank.h"
#include "core/models/blocks/qwen.h"
#include "core/models/blocks/states.h"

#include <optional>

namespace volary::arwkv {

namespace {

// Weights: names and shapes as in the published checkpoints.
// .

struct MixerWeights {
    Tensor mixR, mixW, mixK, mixV, mixA, mixG; // [C]  share of the previous token; G with a gate only
    Tensor receptance, key, value, output;     // [C, C]
    LowRank decay, rate, valueMix;             // w, a, v; valueMix from the second layer on
    std::optional<LowRank> gate;               // g
    Tensor keyScale, keyRate;                  // [C]  k_k, k_a
    Tensor bonus;                              // [H, N]  r_k
    Tensor normScale, normShift;               // [C], or absent
};

struct LayerWeights {
    std::optional<MixerWeights> mixer;
    std::optional<qwen::AttentionWeights> attention; // where there is no mixer
};

struct Weights {
    qwen::DecoderWeights decoder;
    std::vector<LayerWeights> layers;
    double ropeBase = 0; // of the attention layers
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

MixerWeights loadMixer(WeightLoader &load, const std::string &prefix, int layer, const ModelInfo &info,
                       bool gated, bool normed)
{
    const std::int64_t C = info.width;
    MixerWeights w;
    w.mixR = load.vector(prefix + "x_r", C);
    w.mixW = load.vector(prefix + "x_w", C);
    w.mixK = load.vector(prefix + "x_k", C);
    w.mixV = load.vector(prefix + "x_v", C);
    w.mixA = load.vector(prefix + "x_a", C);
    w.receptance = load.matrix(prefix + "receptance.weight", C, C);
    w.key = load.matrix(prefix + "key.weight", C, C);
    w.value = load.matrix(prefix + "value.weight", C, C);
    w.output = load.matrix(prefix + "output.weight", C, C);
    w.decay = loadPair(load, prefix, 'w', C, true);
    w.rate = loadPair(load, prefix, 'a', C, true);
    if (layer > 0) // the first layer has no earlier values to mix with; its tensors are unused
        w.valueMix = loadPair(load, prefix, 'v', C, true);
    if (gated) {
        w.mixG = load.vector(prefix + "x_g", C);
        w.gate = loadPair(load, prefix, 'g', C, false);
    }
    w.keyScale = load.vector(prefix + "k_k", C);
    w.keyRate = load.vector(prefix + "k_a", C);
    w.bonus = load.vector(prefix + "r_k", C);
    w.bonus.shape = {info.heads, info.headSize};
    if (normed) {
        w.normScale = load.vector(prefix + "ln_x.weight", C);
        w.normShift = load.vector(prefix + "ln_x.bias", C);
    }
    return w;
}

// Equations.
// .

enum MixerSlot { Shift, Wkv };

// x: [R, C], normalised. firstValue: the values of layer 0, which sets it.
Value mix(Ops &op, const MixerWeights &p, const Weights &model, int firstState, bool first, Value x,
          Value &firstValue, int heads)
{
    const Value previous = op.tokenShift(x, firstState + Shift);
    const Value xv = op.lerp(x, previous, p.mixV);

    const Value r = op.linear(p.receptance, op.lerp(x, previous, p.mixR));
    const Value w = op.decay7(project(op, p.decay, op.lerp(x, previous, p.mixW), Activation::Tanh));
    const Value k0 = op.linear(p.key, op.lerp(x, previous, p.mixK));
    Value v = op.linear(p.value, xv);
    const Value a =
        op.activate(Activation::Sigmoid, project(op, p.rate, op.lerp(x, previous, p.mixA), std::nullopt));

    if (first)
        firstValue = v;
    else
        v = op.lerp(v, firstValue,
                    op.activate(Activation::Sigmoid, project(op, p.valueMix, xv, std::nullopt)));

    const Value kappa = op.normalizeHeads(op.mul(k0, p.keyScale), heads);
    const Value k = op.scaleKey7(k0, a, p.keyRate);

    Value y = op.wkv7(r, w, k, v, kappa, a, firstState + Wkv);
    if (p.normScale)
        y = op.groupNorm(y, p.normScale, p.normShift, heads, model.groupNormEpsilon);
    y = op.add(y, op.bonus7(r, k, v, p.bonus));
    if (p.gate)
        y = op.mul(y, project(op, *p.gate, op.lerp(x, previous, p.mixG), Activation::Sigmoid));
    return op.linear(p.output, y);
}

class Arwkv final : public Model {
public:
    Arwkv(ModelInfo info, Weights weights) : m_weights(std::move(weights))
    {
        m_info = std::move(info);
        for (int layer = 0; layer < m_info.layers; ++layer) {
            const LayerWeights &w = m_weights.layers[std::size_t(layer)];
            m_firstState.push_back(int(m_stateSpec.size()));
            if (w.attention) {
                qwen::declareAttention(m_stateSpec, layer, *w.attention, m_info.width / w.attention->heads);
            } else { // in the order of MixerSlot
                m_stateSpec.push_back(attentionShift(layer, m_info.width));
                m_stateSpec.push_back(valueKeyState(layer, m_info.heads, m_info.headSize));
            }
        }
    }

    void record(Ops &op) const override
    {
        Value firstValue;
        qwen::recordDecoder(op, m_weights.decoder, [&](int layer, Value x) {
            const LayerWeights &w = m_weights.layers[std::size_t(layer)];
            const int state = m_firstState[std::size_t(layer)];
            return w.attention ? qwen::attend(op, *w.attention, x, state, m_weights.ropeBase)
                               : mix(op, *w.mixer, m_weights, state, layer == 0, x, firstValue, m_info.heads);
        });
    }

private:
    Weights m_weights;
    std::vector<int> m_firstState; // of every layer
};

// Recognising and loading.
// .

constexpr const char *kMixer = "self_attn.time_mixer.";

void readHeads(WeightLoader &load, ModelInfo &info)
{
    const Shape bonus = load.shapeOf(qwen::layerPrefix(0) + kMixer + "r_k");
    qwen::setHeads(load, bonus.rank() == 2 ? bonus[0] : 0, info);
}

} // namespace

bool recognises(const TensorFile &file)
{
    return hasTensor(file, qwen::layerPrefix(0) + kMixer + "r_k");
}

std::unique_ptr<const Model> load(WeightLoader &load)
{
    ModelInfo info{.architecture = "arwkv7", .title = "ARWKV-7"};
    qwen::readSizes(load, info);
    readHeads(load, info);
    qwen::Config config(load);
    if (config.number("wkv_version", 7, 0, 1000) != 7)
        load.fail({ErrorCode::Unsupported,
                   "The config file asks for another mixer than RWKV-7 (wkv_version); its published form "
                   "cannot run.",
                   "Open a model with wkv_version 7."});
    Weights w{.decoder = qwen::loadDecoder(load, info, config), .layers = {}};
    w.ropeBase = config.number("rope_theta", 1e6, 1, 1e12);
    const double divisor = config.number("head_size_divisor", 8, 1, 1000);
    w.groupNormEpsilon = float(1e-5 * divisor * divisor);
    const int attentionHeads = config.count("num_attention_heads");
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer) {
        const std::string prefix = qwen::layerPrefix(layer), mixer = prefix + kMixer;
        LayerWeights weights;
        if (load.has(mixer + "r_k"))
            weights.mixer =
                loadMixer(load, mixer, layer, info, load.has(mixer + "g1"), load.has(mixer + "ln_x.weight"));
        else
            weights.attention = qwen::loadAttention(load, prefix + "self_attn.", info, attentionHeads);
        w.layers.push_back(std::move(weights));
    }
    if (load.failed())
        return nullptr;
    return std::make_unique<Arwkv>(info, std::move(w));
}

} // namespace volary::arwkv
