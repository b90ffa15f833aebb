#include "core/models/blocks/qwen.h"

#include "core/base/text.h"
#include "core/models/blocks/checkpoint.h"
#include "core/models/blocks/config.h"
#include "core/models/blocks/states.h"

namespace volary::qwen {

std::string layerPrefix(int layer)
{
    return "model.layers." + std::to_string(layer) + ".";
}

Config::Config(WeightLoader &load) : m_load(load), m_json(readConfig(load)) {}

bool Config::flag(std::string_view key, bool otherwise)
{
    const Json *const value = m_json.find(key);
    const bool given = value ? value->boolOr(otherwise) : otherwise;
    m_load.distinguish(std::string(key) + (given ? " true" : " false"));
    return given;
}

int Config::count(std::string_view key)
{
    const Json *const value = m_json.find(key);
    const std::int64_t given = value ? value->integerOr(0) : 0;
    const int counted = given > 0 && given <= INT32_MAX ? int(given) : 0;
    m_load.distinguish(format("%s %d", std::string(key).c_str(), counted));
    return counted;
}

double Config::number(std::string_view key, double otherwise, double low, double high)
{
    const Json *const value = m_json.find(key);
    const double given = value && value->isNumber() ? value->number(otherwise) : otherwise;
    if (!(given >= low && given <= high)) {
        m_load.fail({ErrorCode::Invalid,
                     format("The config file gives %g for %s, which must lie between %g and %g.", given,
                            std::string(key).c_str(), low, high),
                     "Repair the config file beside the model."});
        return otherwise;
    }
    m_load.distinguish(format("%s %.17g", std::string(key).c_str(), given));
    return given;
}

void readSizes(WeightLoader &load, ModelInfo &info)
{
    const Shape embedding = load.shapeOf("model.embed_tokens.weight");
    const Shape gate = load.shapeOf(layerPrefix(0) + "mlp.gate_proj.weight");
    if (load.failed())
        return;
    const auto isMatrix = [](const Shape &s) {
        return s.rank() == 2 && s[0] > 0 && s[1] > 0 && s[0] <= INT32_MAX && s[1] <= INT32_MAX;
    };
    if (!isMatrix(embedding) || !isMatrix(gate) || gate[1] != embedding[1]) {
        load.fail(
            {ErrorCode::Mismatch,
             format("The tensors model.embed_tokens.weight %s and model.layers.0.mlp.gate_proj.weight %s do "
                    "not fit together.",
                    embedding.text().c_str(), gate.text().c_str()),
             "They should be [V, C] and [F, C]."});
        return;
    }
    info.layers = countLayers(load.file(), "model.layers.");
    info.vocabulary = int(embedding[0]);
    info.width = int(embedding[1]);
    info.hidden = int(gate[0]);
}

void setHeads(WeightLoader &load, std::int64_t heads, ModelInfo &info)
{
    if (load.failed())
        return;
    if (heads < 1 || heads > info.width || info.width % heads != 0) {
        load.fail(
            {ErrorCode::Mismatch,
             format("%d channels do not divide into %lld heads.", info.width, static_cast<long long>(heads)),
             "Check the number of heads in the config file beside the model."});
        return;
    }
    info.heads = int(heads);
    info.headSize = info.width / info.heads;
}

DecoderWeights loadDecoder(WeightLoader &load, const ModelInfo &info, Config &config)
{
    const std::int64_t C = info.width, F = info.hidden, V = info.vocabulary;
    DecoderWeights w;
    w.epsilon = float(config.number("rms_norm_eps", 1e-6, 0, 1));
    w.embedding = load.matrix("model.embed_tokens.weight", V, C);
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer) {
        const std::string prefix = layerPrefix(layer);
        w.layers.push_back({.mixerNorm = load.vector(prefix + "input_layernorm.weight", C),
                            .feedForwardNorm = load.vector(prefix + "post_attention_layernorm.weight", C),
                            .gate = load.matrix(prefix + "mlp.gate_proj.weight", F, C),
                            .up = load.matrix(prefix + "mlp.up_proj.weight", F, C),
                            .down = load.matrix(prefix + "mlp.down_proj.weight", C, F)});
    }
    w.lastNorm = load.vector("model.norm.weight", C);
    w.head = load.has("lm_head.weight") ? load.matrix("lm_head.weight", V, C) : w.embedding;
    return w;
}

StateTensor tokensRead()
{
    return rowPerToken("tokens", DType::I32, 1, StateRole::TokenIds, -1);
}

void recordDecoder(Ops &op, const DecoderWeights &w, const Mixer &mixer)
{
    Value x = op.embed(w.embedding);
    for (int l = 0; l < int(w.layers.size()); ++l) {
        const DecoderWeights::Layer &p = w.layers[std::size_t(l)];
        x = op.add(x, mixer(l, op.rmsNorm(x, p.mixerNorm, w.epsilon)));
        const Value h = op.rmsNorm(x, p.feedForwardNorm, w.epsilon);
        const Value gated = op.mul(op.activate(Activation::Silu, op.linear(p.gate, h)), op.linear(p.up, h));
        x = op.add(x, op.linear(p.down, gated));
    }
    if (op.want() <= Want::StateOnly)
        return;
    if (op.want() == Want::LastLogits)
        x = op.lastRows(x);
    const Value hidden = op.rmsNorm(x, w.lastNorm, w.epsilon);
    op.result(hidden, op.linear(w.head, hidden));
}

Projection loadProjection(WeightLoader &load, const std::string &name, std::int64_t outputs,
                          std::int64_t inputs)
{
    return {.weight = load.matrix(name + ".weight", outputs, inputs),
            .bias = load.has(name + ".bias") ? load.vector(name + ".bias", outputs) : Tensor{}};
}

Value project(Ops &op, const Projection &p, Value x)
{
    const Value product = op.linear(p.weight, x);
    return p.bias ? op.add(product, p.bias) : product;
}

int countKeyHeads(WeightLoader &load, const std::string &keyWeight, int headSize)
{
    const Shape shape = load.shapeOf(keyWeight);
    if (load.failed())
        return 0;
    const std::int64_t heads =
        shape.rank() == 2 && headSize > 0 && shape[0] % headSize == 0 ? shape[0] / headSize : 0;
    if (heads < 1 || heads > INT32_MAX) {
        load.fail({ErrorCode::Mismatch,
                   format("The tensor %s has the shape %s, which does not divide into heads of %d.",
                          keyWeight.c_str(), shape.text().c_str(), headSize),
                   "Check the number of heads in the config file beside the model."});
        return 0;
    }
    return int(heads);
}

AttentionWeights loadAttention(WeightLoader &load, const std::string &prefix, const ModelInfo &info,
                               int heads)
{
    AttentionWeights w;
    const std::int64_t C = info.width;
    if (load.failed() || heads < 1 || C % heads != 0) {
        load.fail({ErrorCode::Mismatch,
                   format("%d channels do not divide into %d attention heads.", info.width, heads),
                   "Check num_attention_heads in the config file beside the model."});
        return w;
    }
    const int headSize = info.width / heads;
    w.heads = heads;
    w.keyHeads = countKeyHeads(load, prefix + "k_proj.weight", headSize);
    if (!load.failed() && (heads % w.keyHeads != 0 || headSize % 2 != 0))
        load.fail(
            {ErrorCode::Mismatch,
             format("%d attention heads of %d cannot share %d heads of keys.", heads, headSize, w.keyHeads),
             "Check num_attention_heads in the config file beside the model."});
    const std::int64_t kept = std::int64_t(w.keyHeads) * headSize;
    w.query = loadProjection(load, prefix + "q_proj", C, C);
    w.key = loadProjection(load, prefix + "k_proj", kept, C);
    w.value = loadProjection(load, prefix + "v_proj", kept, C);
    w.output = load.matrix(prefix + "o_proj.weight", C, C);
    return w;
}

void declareAttention(std::vector<StateTensor> &spec, int layer, const AttentionWeights &p, int headSize)
{
    const std::int64_t kept = std::int64_t(p.keyHeads) * headSize;
    spec.push_back(rowPerToken(blockPrefix(layer) + "att.keys", DType::F32, kept, StateRole::Keys, layer));
    spec.push_back(
        rowPerToken(blockPrefix(layer) + "att.values", DType::F32, kept, StateRole::Values, layer));
}

Value attend(Ops &op, const AttentionWeights &p, Value x, int firstState, double ropeBase)
{
    const Value q = op.rope(project(op, p.query, x), p.heads, ropeBase, Ops::Pairs::Halves);
    const Value k = op.rope(project(op, p.key, x), p.keyHeads, ropeBase, Ops::Pairs::Halves);
    op.keepRows(k, firstState);
    op.keepRows(project(op, p.value, x), firstState + 1);
    return op.linear(p.output, op.attention(q, firstState, firstState + 1, p.heads));
}

} // namespace volary::qwen
