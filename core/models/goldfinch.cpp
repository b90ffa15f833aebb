// GoldFinch: Goldstein et al., "GoldFinch: High Performance RWKV/Transformer Hybrid with Linear Pre-Fill and
// Extreme KV-Cache Compression", arXiv 2407.12077, and Finch-C2, its lower part, which is also a model alone.
//
// The lower layers are RWKV-6 with a second value instead of gate and bonus. From the residual stream above
// them a single matrix makes c, a sixteenth of its width: c and the token's id are all that is kept of a
// token. From them come the keys and values of every attention layer above:
//
//   x0 = ln0(embedding[token])      k* = rms(B [x0 ; c])       o = rms(x0)
//
// so that these rows depend on a token and its predecessor only, and can be thrown away and rebuilt.
#include "core/models/goldfinch.h"

#include "core/models/blocks/checkpoint.h"
#include "core/models/blocks/config.h"
#include "core/models/blocks/finch.h"
#include "core/models/blocks/low_rank.h"
#include "core/models/blocks/skeleton.h"
#include "core/models/blocks/states.h"

#include <algorithm>
#include <variant>

namespace volary::goldfinch {

namespace {

// Weights: names and shapes as in the official checkpoints.
// .

struct FinchC2Weights {
    Tensor mixX;                           // [C]  share of the previous token in what decides the shares
    LowRank mixR, mixK, mixV, mixW, mixV2; // that decide the shares; the bias is the share itself
    Tensor receptance, key, value, output; // [C, C]
    LowRank decay;                         // of the logarithm of -log w
    LowRank value2;                        // what the second value adds to the first matrix; no bias
    Tensor bonus;                          // [C]  read only where there is no second value, else zeros
    LayerNormWeights norm;                 // over all channels
};

// Finch-C2, or RWKV-6 where an existing model was extended.
using LowerWeights = std::variant<FinchC2Weights, finch::TimeMixWeights>;

struct GoldWeights {
    Tensor mixX;        // [C]  as above, for the query
    LowRank mixQ;       // decides the previous token's share in the query; the bias is the share itself
    Tensor query;       // [C, C]
    Tensor mixCache;    // [C]  share of the previous token in what decides the shares of keys and values
    LowRank mixK, mixV; // that decide them
    LowRank key, value; // what is added to the mixed rows; no bias
    Tensor output;      // [C, C]
    LayerNormWeights normQ, normK, normV, normX;
};

struct Weights {
    SkeletonWeights skeleton;
    std::vector<LowerWeights> finch; // the lower layers
    std::vector<GoldWeights> gold;   // the upper ones; none in Finch-C2
    std::vector<finch::ChannelMixWeights> channelMix;
    Tensor compress;      // [L, C]  w_kv_cache_a, with L = width of the latent
    Tensor fromEmbedding; // [C, C]  w_kv_cache_b, its columns for x0
    Tensor fromLatent;    // [C, L]  and those for c
};

// What tensors do not tell (ablations of the paper), from the config file beside the model.
struct Flags {
    bool secondValue = true;   // use_v2
    bool oneMinusDecay = true; // use_one_minus_w
    double ropeBase = 0;       // rope; 0: none
};

LayerNormWeights loadNorm(WeightLoader &load, const std::string &name, std::int64_t C)
{
    return {.scale = load.vector(name + ".weight", C), .shift = load.vector(name + ".bias", C)};
}

FinchC2Weights loadFinchC2(WeightLoader &load, const std::string &att, std::int64_t C, const Flags &flags)
{
    FinchC2Weights w;
    w.mixX = load.vector(att + "time_maa_x", C);
    const std::string maa = att + "time_maa_"; // RWKV-6 has another order
    loadLowRanks(load, maa + "w1", maa + "w2", C,
                 {{w.mixR, maa + "r"},
                  {w.mixK, maa + "k"},
                  {w.mixV, maa + "v"},
                  {w.mixW, maa + "w"},
                  {w.mixV2, maa + "v2"}});
    w.receptance = load.matrix(att + "receptance.weight", C, C);
    w.key = load.matrix(att + "key.weight", C, C);
    w.value = load.matrix(att + "value.weight", C, C);
    w.output = load.matrix(att + "output.weight", C, C);
    w.decay = loadLowRank(load, att + "time_decay_w1", att + "time_decay_w2", C);
    w.decay.bias = load.vector(att + "time_decay", C);
    w.value2 = loadLowRank(load, att + "time_value2_w1", att + "time_value2_w2", C);
    w.bonus = flags.secondValue ? load.vectorOf(std::vector<float>(std::size_t(C)))
                                : load.vector(att + "time_faaaa", C);
    w.norm = loadNorm(load, att + "ln_x", C);
    return w;
}

GoldWeights loadGold(WeightLoader &load, const std::string &att, std::int64_t C)
{
    GoldWeights w;
    w.mixX = load.vector(att + "time_maa_x", C);
    w.mixQ = loadLowRank(load, att + "time_maa_q_w1", att + "time_maa_q_w2", C);
    w.mixQ.bias = load.vector(att + "time_maa_q", C);
    w.query = load.matrix(att + "query.weight", C, C);
    w.mixCache = load.vector(att + "time_maa_v_cache", C);
    loadLowRanks(load, att + "time_maa_kv_w1", att + "time_maa_kv_w2", C,
                 {{w.mixK, att + "time_maa_k"}, {w.mixV, att + "time_maa_v"}});
    w.key = loadLowRank(load, att + "time_key_w1", att + "time_key_w2", C);
    w.value = loadLowRank(load, att + "time_value_w1", att + "time_value_w2", C);
    w.output = load.matrix(att + "output.weight", C, C);
    w.normQ = loadNorm(load, att + "ln_q", C);
    w.normK = loadNorm(load, att + "ln_k", C);
    w.normV = loadNorm(load, att + "ln_v", C);
    w.normX = loadNorm(load, att + "ln_x", C);
    return w;
}

// Equations.
// .

constexpr float kEpsilon = 1e-5f;
constexpr float kRmsEpsilon = 1e-8f; // beside the root

// What the keys and values of all upper layers may take.
struct CacheBudget {
    std::uint64_t bytes = 0; // 0: all rows are kept
    DType type = DType::F32;

    // `numbers` belong to one token.
    std::int64_t mostRows(std::int64_t numbers) const
    {
        const auto rowBytes = std::uint64_t(numbers) * bytesPerElement(type);
        return bytes == 0 ? 0 : std::max<std::int64_t>(std::int64_t(bytes / rowBytes), 1);
    }
};

// Where the tensors stand in the state spec: three for every lower layer, then what all attention layers
// share, then four for every upper layer.
struct StateSlots {
    enum Finch { AttentionShift, Wkv, FeedForwardShift, PerFinch };
    enum Cache { TokenIds, Latents, LastEmbedding, LastKey, TileEmbedding, TileKey, PerCache };
    enum Gold { QueryShift, GoldFeedForwardShift, Keys, Values, PerGold };

    int finchLayers;

    int finch(int layer, Finch tensor) const { return layer * PerFinch + tensor; }
    int cache(Cache tensor) const { return finchLayers * PerFinch + tensor; }
    int gold(int layer, Gold tensor) const
    {
        return finchLayers * PerFinch + PerCache + (layer - finchLayers) * PerGold + tensor;
    }
};

Value norm(Ops &op, const LayerNormWeights &w, Value x)
{
    return op.layerNorm(x, w.scale, w.shift, kEpsilon);
}

// x: [R, C], normalised.
Value finchTimeMix(Ops &op, const FinchC2Weights &p, const Flags &flags, const StateSlots &slots, int layer,
                   Value x)
{
    const Value previous = op.tokenShift(x, slots.finch(layer, StateSlots::AttentionShift));
    const Value deciding = op.lerp(x, previous, p.mixX);
    const auto mixed = [&](const LowRank &mix) {
        return op.lerp(x, previous, project(op, mix, deciding, Activation::Tanh));
    };

    const Value logDecay = project(op, p.decay, mixed(p.mixW), Activation::Tanh);
    const Value r = op.linear(p.receptance, mixed(p.mixR));
    Value k = op.linear(p.key, mixed(p.mixK));
    if (flags.oneMinusDecay)
        k = op.mul(k, op.activate(Activation::OneMinusDecay6, logDecay));
    const Value v = op.linear(p.value, mixed(p.mixV));
    Value y = op.wkv5(r, op.decay6(logDecay), k, v, p.bonus, slots.finch(layer, StateSlots::Wkv));
    if (flags.secondValue) {
        const Value x2 = mixed(p.mixV2);
        y = op.add(y, op.add(op.linear(p.value, x2), project(op, p.value2, x2, Activation::Tanh)));
    }
    return op.linear(p.output, norm(op, p.norm, y));
}

// x: [W, C], normalised: the last rows of the run.
Value goldTimeMix(Ops &op, const GoldWeights &p, const Flags &flags, const StateSlots &slots, int layer,
                  Value x, int heads, const RecordTile &rebuild)
{
    const Value previous = op.tokenShift(x, slots.gold(layer, StateSlots::QueryShift));
    const Value mix = project(op, p.mixQ, op.lerp(x, previous, p.mixX), Activation::Tanh);
    Value q = norm(op, p.normQ, op.linear(p.query, op.lerp(x, previous, mix)));
    if (flags.ropeBase > 0)
        q = op.rope(q, heads, flags.ropeBase, Ops::Pairs::Neighbours);
    const Value read =
        op.attention(q, slots.gold(layer, StateSlots::Keys), slots.gold(layer, StateSlots::Values), heads,
                     slots.cache(StateSlots::TokenIds), rebuild);
    return op.linear(p.output, norm(op, p.normX, read));
}

class GoldFinch final : public Model {
public:
    GoldFinch(ModelInfo info, Weights weights, const Flags &flags, const CacheBudget &cache)
        : m_weights(std::move(weights)), m_flags(flags), m_cache(cache), m_slots{int(m_weights.finch.size())}
    {
        m_info = std::move(info);
        declareState();
    }

    void record(Ops &op) const override
    {
        const Value x0 = norm(op, m_weights.skeleton.first, op.embed(m_weights.skeleton.embedding));
        Value x = x0;
        for (int layer = 0; layer < finchLayers(); ++layer)
            x = finchLayer(op, layer, x);
        if (hasGold()) {
            const Value latents = op.linear(m_weights.compress, x);
            op.keepTokens(m_slots.cache(StateSlots::TokenIds));
            op.keepRows(latents, m_slots.cache(StateSlots::Latents));
            keepKeysAndValues(op, x0, latents);
            if (op.want() == Want::Passing)
                return; // what the upper layers keep is overwritten by the rows that follow
            x = goldLayers(op, x);
        }
        if (op.want() <= Want::StateOnly)
            return;
        if (op.want() == Want::LastLogits)
            x = op.lastRows(x);
        const Value hidden = norm(op, m_weights.skeleton.last, x);
        op.result(hidden, op.linear(m_weights.skeleton.head, hidden));
    }

    void recordRebuild(Ops &op) const override
    {
        const Value x0 = norm(op, m_weights.skeleton.first, op.embed(m_weights.skeleton.embedding));
        keepKeysAndValues(op, x0, op.keptRows(m_slots.cache(StateSlots::Latents)));
    }

    int lookback() const override { return hasGold() ? goldWindow() : 0; }

private:
    int goldWindow() const { return 2 * int(m_weights.gold.size()) + 1; }
    int finchLayers() const { return int(m_weights.finch.size()); }
    bool hasGold() const { return !m_weights.gold.empty(); }

    Value lowerTimeMix(Ops &op, const LowerWeights &weights, int layer, Value x) const
    {
        if (const auto *c2 = std::get_if<FinchC2Weights>(&weights))
            return finchTimeMix(op, *c2, m_flags, m_slots, layer, x);
        return finch::timeMix(op, std::get<finch::TimeMixWeights>(weights), x,
                              m_slots.finch(layer, StateSlots::AttentionShift),
                              m_slots.finch(layer, StateSlots::Wkv), m_info.heads);
    }

    Value finchLayer(Ops &op, int layer, Value x) const
    {
        const auto l = std::size_t(layer);
        const SkeletonWeights::Layer &norms = m_weights.skeleton.layers[l];
        x = op.add(x, lowerTimeMix(op, m_weights.finch[l], layer, norm(op, norms.attention, x)));
        return op.add(x, finch::channelMix(op, m_weights.channelMix[l],
                                           m_slots.finch(layer, StateSlots::FeedForwardShift),
                                           norm(op, norms.feedForward, x)));
    }

    // A block's output needs its input at three positions in a row (one shift in each mix), so the last
    // position above G layers needs 2 G + 1 of them, whatever the length of the text. The first rows of the
    // window are wrong, by stale shift states, two more in every layer; the last is exact, and so are the
    // shifts it leaves.
    Value goldLayers(Ops &op, Value x) const
    {
        if (op.sequences() == 1 && op.want() != Want::AllLogits && op.rows() > goldWindow())
            x = op.window(x, goldWindow());
        for (int layer = finchLayers(); layer < m_info.layers; ++layer) {
            const SkeletonWeights::Layer &norms = m_weights.skeleton.layers[std::size_t(layer)];
            const auto rebuild = [&](Ops &tile) { return rebuildTile(tile, layer); };
            x = op.add(x, goldTimeMix(op, gold(layer), m_flags, m_slots, layer, norm(op, norms.attention, x),
                                      m_info.heads, rebuild));
            x = op.add(x, finch::channelMix(op, m_weights.channelMix[std::size_t(layer)],
                                            m_slots.gold(layer, StateSlots::GoldFeedForwardShift),
                                            norm(op, norms.feedForward, x)));
        }
        return x;
    }

    // What keys and values are mixed from, for the rows of a run: [R, C] each.
    struct CacheRows {
        Value key, keyBefore, o, before;
    };

    // x0: [R, C]; latents: [R, L]. The shifts keep the rows that the next run begins with.
    CacheRows cacheRows(Ops &op, Value x0, Value latents, StateSlots::Cache lastKey,
                        StateSlots::Cache lastEmbedding) const
    {
        CacheRows rows;
        rows.key = op.rmsNorm(
            op.add(op.linear(m_weights.fromEmbedding, x0), op.linear(m_weights.fromLatent, latents)),
            kRmsEpsilon);
        rows.o = op.rmsNorm(x0, kRmsEpsilon);
        rows.keyBefore = op.tokenShift(rows.key, m_slots.cache(lastKey));
        rows.before = op.tokenShift(rows.o, m_slots.cache(lastEmbedding));
        return rows;
    }

    std::pair<Value, Value> keysAndValues(Ops &op, const CacheRows &rows, int layer) const
    {
        const GoldWeights &p = gold(layer);
        const Value deciding = op.lerp(rows.o, rows.before, p.mixCache);
        const Value k = op.lerp(rows.key, rows.keyBefore, project(op, p.mixK, deciding, Activation::Tanh));
        const Value v = op.lerp(rows.o, rows.before, project(op, p.mixV, deciding, Activation::Tanh));
        Value keys = norm(op, p.normK, op.add(k, project(op, p.key, k, Activation::Tanh)));
        if (m_flags.ropeBase > 0)
            keys = op.rope(keys, m_info.heads, m_flags.ropeBase, Ops::Pairs::Neighbours);
        return {keys, norm(op, p.normV, op.add(v, project(op, p.value, v, Activation::Tanh)))};
    }

    // The rows of this run in every attention layer's cache.
    void keepKeysAndValues(Ops &op, Value x0, Value latents) const
    {
        const CacheRows rows = cacheRows(op, x0, latents, StateSlots::LastKey, StateSlots::LastEmbedding);
        for (int layer = finchLayers(); layer < m_info.layers; ++layer) {
            const auto [keys, values] = keysAndValues(op, rows, layer);
            op.keepRows(keys, m_slots.gold(layer, StateSlots::Keys));
            op.keepRows(values, m_slots.gold(layer, StateSlots::Values));
        }
    }

    // The same numbers once more, for one layer and rows whose tokens and latents are kept.
    std::pair<Value, Value> rebuildTile(Ops &op, int layer) const
    {
        const Value x0 = norm(op, m_weights.skeleton.first, op.embed(m_weights.skeleton.embedding));
        const Value latents = op.keptRows(m_slots.cache(StateSlots::Latents));
        return keysAndValues(op, cacheRows(op, x0, latents, StateSlots::TileKey, StateSlots::TileEmbedding),
                             layer);
    }

    const GoldWeights &gold(int layer) const { return m_weights.gold[std::size_t(layer - finchLayers())]; }

    void declareState()
    {
        const std::int64_t C = m_info.width;
        for (int layer = 0; layer < finchLayers(); ++layer) { // in the order of StateSlots::Finch
            m_stateSpec.push_back(attentionShift(layer, C));
            m_stateSpec.push_back(keyValueState(layer, m_info.heads, m_info.headSize));
            m_stateSpec.push_back(feedForwardShift(layer, C));
        }
        if (!hasGold())
            return;
        m_stateSpec.push_back(rowPerToken("cache.tokens", DType::I32, 1, StateRole::TokenIds, -1));
        m_stateSpec.push_back(
            rowPerToken("cache.latents", DType::F32, m_weights.compress.shape[0], StateRole::KeyLatents, -1));
        m_stateSpec.push_back(derivedRow("cache.embedding.shift", C));
        m_stateSpec.push_back(derivedRow("cache.key.shift", C));
        m_stateSpec.push_back(derivedRow("tile.embedding.shift", C));
        m_stateSpec.push_back(derivedRow("tile.key.shift", C));
        for (int layer = finchLayers(); layer < m_info.layers; ++layer) {
            m_stateSpec.push_back(attentionShift(layer, C));
            m_stateSpec.push_back(feedForwardShift(layer, C));
            for (const auto &[name, role] :
                 {std::pair("att.keys", StateRole::Keys), std::pair("att.values", StateRole::Values)}) {
                m_stateSpec.push_back(rowPerToken(blockPrefix(layer) + name, m_cache.type, C, role, layer));
                m_stateSpec.back().derived = true;
                m_stateSpec.back().mostRows =
                    m_cache.mostRows(2 * std::int64_t(m_info.layers - finchLayers()) * C);
            }
        }
    }

    // The last row of what keys and values are mixed from.
    static StateTensor derivedRow(std::string name, std::int64_t C)
    {
        StateTensor tensor = attentionShift(-1, C);
        tensor.name = std::move(name);
        tensor.derived = true;
        return tensor;
    }

    Weights m_weights;
    Flags m_flags;
    CacheBudget m_cache;
    StateSlots m_slots;
};

// Recognising and loading.
// .

constexpr const char *kFinchSign = "att.time_value2_w1";
constexpr const char *kRwkv6Sign = "att.gate.weight";
constexpr const char *kGoldSign = "att.time_maa_kv_w1";
constexpr const char *kCacheSign = "w_kv_cache_a.weight";

Flags readFlags(WeightLoader &load)
{
    const Json config = readConfig(load);
    Flags flags;
    const auto isOff = [&](std::string_view key) {
        const Json *const value = config.find(key);
        return value && value->number(1) == 0;
    };
    flags.secondValue = !isOff("use_v2");
    flags.oneMinusDecay = !isOff("use_one_minus_w");
    if (const Json *const rope = config.find("rope"); rope && rope->object()) {
        const Json *const base = rope->find("base");
        flags.ropeBase = base ? base->number() : 0;
        if (!(flags.ropeBase > 1 && flags.ropeBase < 1e12))
            load.fail({ErrorCode::Invalid, "The config file asks for rotary positions without a usable base.",
                       "Check “rope” in the config file beside the model."});
    }
    if (!flags.secondValue)
        load.distinguish("no second value");
    if (!flags.oneMinusDecay)
        load.distinguish("key not scaled by decay");
    if (flags.ropeBase > 0)
        load.distinguish("rotary positions " + std::to_string(flags.ropeBase));
    return flags;
}

// How many layers from `first` on carry one of the signs; the others are then of another kind.
int layersWith(WeightLoader &load, std::initializer_list<const char *> signs, int first, int layers)
{
    const auto carries = [&](int layer) {
        return std::ranges::any_of(signs,
                                   [&](const char *sign) { return load.has(blockPrefix(layer) + sign); });
    };
    int count = 0;
    while (first + count < layers && carries(first + count))
        ++count;
    return count;
}

} // namespace

bool recognises(const TensorFile &file)
{
    return hasTensor(file, blockPrefix(0) + kFinchSign) || hasTensor(file, kCacheSign);
}

std::unique_ptr<const Model> load(WeightLoader &load)
{
    ModelInfo info{.architecture = "goldfinch", .title = "GoldFinch"};
    readSizes(load, "blocks.0.att.time_faaaa", info);
    const Flags flags = readFlags(load);
    const int finchLayers = layersWith(load, {kFinchSign, kRwkv6Sign}, 0, info.layers);
    const int goldLayers = layersWith(load, {kGoldSign}, finchLayers, info.layers);
    if (!load.failed() && finchLayers + goldLayers != info.layers)
        load.fail(
            {ErrorCode::Unsupported,
             "Layer " + std::to_string(finchLayers + goldLayers) + " is " +
                 (load.has(blockPrefix(finchLayers + goldLayers) + "att.ln_r.weight") ? "of GPTAlpha, "
                  : load.has(blockPrefix(finchLayers + goldLayers) + "att.wq.weight") ? "a Llama block, "
                                                                                      : "") +
                 "neither Finch-C2, RWKV-6 nor GOLD: it has none of " + kFinchSign + ", " + kRwkv6Sign +
                 " and " + kGoldSign + ".",
             "Open a model whose upper layers are GOLD and whose lower ones are of the other kinds."});
    if (goldLayers == 0) {
        info.architecture = "finch-c2";
        info.title = "Finch-C2";
    }
    Weights w{.skeleton = loadSkeleton(load, info),
              .finch = {},
              .gold = {},
              .channelMix = {},
              .compress = {},
              .fromEmbedding = {},
              .fromLatent = {}};
    const std::int64_t C = info.width;
    for (int layer = 0; layer < info.layers && !load.failed(); ++layer) {
        const std::string block = blockPrefix(layer);
        if (layer < finchLayers && load.has(block + kFinchSign))
            w.finch.emplace_back(loadFinchC2(load, block + "att.", C, flags));
        else if (layer < finchLayers)
            w.finch.emplace_back(finch::loadTimeMix(load, block + "att.", C));
        else
            w.gold.push_back(loadGold(load, block + "att.", C));
        w.channelMix.push_back(finch::loadChannelMix(load, block + "ffn.", info));
    }
    if (goldLayers > 0) {
        const Shape compress = load.shapeOf(kCacheSign);
        const std::int64_t L = compress.rank() == 2 ? compress[0] : 0;
        w.compress = load.matrix(kCacheSign, L, C);
        w.fromEmbedding = load.columns("w_kv_cache_b.weight", C, C + L, 0, C);
        w.fromLatent = load.columns("w_kv_cache_b.weight", C, C + L, C, L);
    }
    if (load.failed())
        return nullptr;
    const CacheBudget cache{load.options().cacheBudget, load.options().cacheType};
    return std::make_unique<GoldFinch>(info, std::move(w), flags, cache);
}

} // namespace volary::goldfinch
