#include "core/models/gguf_names.h"

#include <algorithm>
#include <charconv>

namespace volary {

namespace {

enum class Form : std::uint8_t { Same, Turned, TurnedGroups, PerHead, Rescaled };

struct Rule {
    std::string_view gguf;     // after "blk.<l>." in a block
    std::string_view official; // after the prefix of the block
    Form form = Form::Same;
};

constexpr Rule kRwkvGlobals[] = {
    {"token_embd.weight", "emb.weight"},
    {"output.weight", "head.weight"},
    {"token_embd_norm.weight", "blocks.0.ln0.weight"},
    {"token_embd_norm.bias", "blocks.0.ln0.bias"},
    {"output_norm.weight", "ln_out.weight"},
    {"output_norm.bias", "ln_out.bias"},
};
constexpr Rule kQwenGlobals[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output.weight", "lm_head.weight"},
    {"output_norm.weight", "model.norm.weight"},
};

constexpr Rule kRwkvBlock[] = {
    {"attn_norm.weight", "ln1.weight"},
    {"attn_norm.bias", "ln1.bias"},
    {"attn_norm_2.weight", "ln2.weight"},
    {"attn_norm_2.bias", "ln2.bias"},
    {"time_mix_ln.weight", "att.ln_x.weight"},
    {"time_mix_ln.bias", "att.ln_x.bias"},
    {"time_mix_receptance.weight", "att.receptance.weight"},
    {"time_mix_key.weight", "att.key.weight"},
    {"time_mix_value.weight", "att.value.weight"},
    {"time_mix_output.weight", "att.output.weight", Form::Rescaled},
    {"channel_mix_key.weight", "ffn.key.weight"},
    {"channel_mix_value.weight", "ffn.value.weight", Form::Rescaled},
};
constexpr Rule kRwkv6Block[] = {
    {"time_mix_gate.weight", "att.gate.weight"},
    {"time_mix_lerp_x.weight", "att.time_maa_x"},
    {"time_mix_lerp_w.weight", "att.time_maa_w"},
    {"time_mix_lerp_k.weight", "att.time_maa_k"},
    {"time_mix_lerp_v.weight", "att.time_maa_v"},
    {"time_mix_lerp_r.weight", "att.time_maa_r"},
    {"time_mix_lerp_g.weight", "att.time_maa_g"},
    {"time_mix_w1.weight", "att.time_maa_w1", Form::Turned},
    {"time_mix_w2.weight", "att.time_maa_w2", Form::Turned},
    {"time_mix_first.weight", "att.time_faaaa"},
    {"time_mix_decay.weight", "att.time_decay"},
    {"time_mix_decay_w1.weight", "att.time_decay_w1", Form::Turned},
    {"time_mix_decay_w2.weight", "att.time_decay_w2", Form::Turned},
    {"channel_mix_lerp_k.weight", "ffn.time_maa_k"},
    {"channel_mix_lerp_r.weight", "ffn.time_maa_r"},
    {"channel_mix_receptance.weight", "ffn.receptance.weight"},
};
constexpr Rule kRwkv7Block[] = {
    {"channel_mix_lerp_k.weight", "ffn.x_k"},
};
// Of the time mixing of version 7, in RWKV-7 and ARWKV-7.
constexpr Rule kMixer7[] = {
    {"time_mix_w0.weight", "w0"},
    {"time_mix_w1.weight", "w1", Form::Turned},
    {"time_mix_w2.weight", "w2", Form::Turned},
    {"time_mix_a0.weight", "a0"},
    {"time_mix_a1.weight", "a1", Form::Turned},
    {"time_mix_a2.weight", "a2", Form::Turned},
    {"time_mix_v0.weight", "v0"},
    {"time_mix_v1.weight", "v1", Form::Turned},
    {"time_mix_v2.weight", "v2", Form::Turned},
    {"time_mix_g1.weight", "g1", Form::Turned},
    {"time_mix_g2.weight", "g2", Form::Turned},
    {"time_mix_k_k.weight", "k_k"},
    {"time_mix_k_a.weight", "k_a"},
    {"time_mix_r_k.weight", "r_k", Form::PerHead},
};
constexpr Rule kQwenBlock[] = {
    {"attn_norm.weight", "input_layernorm.weight"}, {"ffn_norm.weight", "post_attention_layernorm.weight"},
    {"ffn_gate.weight", "mlp.gate_proj.weight"},    {"ffn_up.weight", "mlp.up_proj.weight"},
    {"ffn_down.weight", "mlp.down_proj.weight"},
};
constexpr Rule kArwkvMixer[] = {
    {"time_mix_receptance.weight", "receptance.weight"},
    {"time_mix_key.weight", "key.weight"},
    {"time_mix_value.weight", "value.weight"},
    {"time_mix_output.weight", "output.weight"},
    {"time_mix_ln.weight", "ln_x.weight"},
    {"time_mix_ln.bias", "ln_x.bias"},
};
constexpr Rule kQrwkv6Mixer[] = {
    {"time_mix_receptance.weight", "q_proj.weight"},
    {"time_mix_receptance.bias", "q_proj.bias"},
    {"time_mix_key.weight", "k_proj.weight"},
    {"time_mix_key.bias", "k_proj.bias"},
    {"time_mix_value.weight", "v_proj.weight"},
    {"time_mix_value.bias", "v_proj.bias"},
    {"time_mix_output.weight", "o_proj.weight"},
    {"time_mix_gate.weight", "gate.weight"},
    {"time_mix_ln.weight", "ln_x.weight"},
    {"time_mix_ln.bias", "ln_x.bias"},
    {"time_mix_lerp_x.weight", "time_maa_x"},
    {"time_mix_w1.weight", "time_maa_w1", Form::TurnedGroups},
    {"time_mix_w2.weight", "time_maa_w2", Form::TurnedGroups},
    {"time_mix_decay.weight", "time_decay"},
    {"time_mix_decay_w1.weight", "time_decay_w1", Form::Turned},
    {"time_mix_decay_w2.weight", "time_decay_w2", Form::Turned},
};

// The published order is r, k, v, w, g; the file's is w, k, v, r, g.
constexpr std::array<int, GgufPart::kGroups> kPublishedGroups{3, 1, 2, 0, 4};

// A table of rules and what stands before its official names in a block.
struct Table {
    std::span<const Rule> rules;
    std::string_view prefix;
};

struct Scheme {
    std::string_view architecture;
    std::span<const Rule> globals;
    std::string_view block; // before the number of a block in official names
    std::vector<Table> tables;
    std::string_view fusedPrefix; // of the vectors in time_mix_lerp_fused
    std::string_view fusedLetters;
};

const std::vector<Scheme> &schemes()
{
    static const std::vector<Scheme> all{
        {"rwkv6", kRwkvGlobals, "blocks.", {{kRwkvBlock, ""}, {kRwkv6Block, ""}}, "att.time_maa_", "wkvrg"},
        {"rwkv7",
         kRwkvGlobals,
         "blocks.",
         {{kRwkvBlock, ""}, {kRwkv7Block, ""}, {kMixer7, "att."}},
         "att.x_",
         "rwkvag"},
        {"arwkv7",
         kQwenGlobals,
         "model.layers.",
         {{kQwenBlock, ""}, {kArwkvMixer, "self_attn.time_mixer."}, {kMixer7, "self_attn.time_mixer."}},
         "self_attn.time_mixer.x_",
         "rwkvag"},
        {"rwkv6qwen2",
         kQwenGlobals,
         "model.layers.",
         {{kQwenBlock, ""}, {kQrwkv6Mixer, "self_attn."}},
         "self_attn.time_maa_",
         "wkvrg"},
        {"rwkv7a", {}, "", {}, "", ""},
        {"rwkv4", {}, "", {}, "", ""},
        {"rwkv5", {}, "", {}, "", ""},
        {"goldfinch", {}, "", {}, "", ""},
        {"rwkv7qwen2", {}, "", {}, "", ""}};
    return all;
}

const Scheme *schemeOf(std::string_view architecture)
{
    const auto found = std::ranges::find(schemes(), architecture, &Scheme::architecture);
    return found == schemes().end() ? nullptr : &*found;
}

GgufName namedBy(const Rule &rule, const std::string &prefix, std::int64_t headSize)
{
    GgufName named{.name = prefix + std::string(rule.official), .part = {}, .rescaled = false};
    named.part.turned = rule.form == Form::Turned || rule.form == Form::TurnedGroups;
    if (rule.form == Form::TurnedGroups)
        named.part.order = kPublishedGroups;
    if (rule.form == Form::PerHead)
        named.part.headSize = headSize;
    named.rescaled = rule.form == Form::Rescaled;
    return named;
}

std::vector<GgufName> fused(const Scheme &scheme, const std::string &prefix, const Shape &shape)
{
    std::vector<GgufName> names;
    const std::int64_t width = shape[shape.rank() - 1];
    const std::int64_t count = width > 0 ? shape.elements() / width : 0;
    for (int i = 0; i < int(scheme.fusedLetters.size()) && i < count; ++i) {
        names.push_back(
            {.name = prefix + std::string(scheme.fusedPrefix) + scheme.fusedLetters[std::size_t(i)],
             .part = {},
             .rescaled = false});
        names.back().part.row = i;
    }
    return names;
}

} // namespace

bool isKnownToGguf(std::string_view architecture)
{
    return schemeOf(architecture) != nullptr;
}

bool keepsOfficialNames(std::string_view architecture)
{
    const Scheme *scheme = schemeOf(architecture);
    return scheme && scheme->tables.empty();
}

std::string ggufArchitecture(std::string_view id)
{
    if (id == "qrwkv6")
        return "rwkv6qwen2";
    if (id == "finch-c2") // GoldFinch without its upper half
        return "goldfinch";
    return std::string(id == "qrwkv7" ? "rwkv7qwen2" : id);
}

std::vector<GgufName> officialNames(std::string_view architecture, const TensorInfo &stored,
                                    std::int64_t headSize)
{
    const Scheme &scheme = *schemeOf(architecture);
    constexpr std::string_view kBlock = "blk.";
    std::string_view rest = stored.name;
    if (!rest.starts_with(kBlock)) {
        const auto rule = std::ranges::find(scheme.globals, rest, &Rule::gguf);
        return {rule == scheme.globals.end() ? GgufName{stored.name, {}, false}
                                             : namedBy(*rule, "", headSize)};
    }
    rest.remove_prefix(kBlock.size());
    int layer = 0;
    const auto number = std::from_chars(rest.data(), rest.data() + rest.size(), layer);
    rest.remove_prefix(std::size_t(number.ptr - rest.data()));
    if (number.ec != std::errc() || layer < 0 || !rest.starts_with('.'))
        return {GgufName{stored.name, {}, false}};
    rest.remove_prefix(1);

    const std::string block = std::string(scheme.block) + std::to_string(layer) + ".";
    // The first layer of version 7 has no earlier values to mix with: copies of the rates fill the place.
    if (layer == 0 && scheme.fusedLetters == "rwkvag" && rest.starts_with("time_mix_v") &&
        rest != "time_mix_value.weight")
        return {};
    if (rest == "time_mix_lerp_fused.weight")
        return fused(scheme, block, stored.shape);
    for (const Table &table : scheme.tables) {
        const auto rule = std::ranges::find(table.rules, rest, &Rule::gguf);
        if (rule != table.rules.end())
            return {namedBy(*rule, block + std::string(table.prefix), headSize)};
    }
    return {GgufName{stored.name, {}, false}};
}

namespace {

GgufTarget targetOf(const Rule &rule, const std::string &block, const std::string &prefix)
{
    GgufTarget target{.name = block + std::string(rule.gguf),
                      .official = {prefix + std::string(rule.official)}};
    target.turned = rule.form == Form::Turned || rule.form == Form::TurnedGroups;
    target.flat = rule.form == Form::PerHead;
    if (rule.form == Form::TurnedGroups)
        target.order = kPublishedGroups; // exchanging two groups undoes itself
    return target;
}

// llama.cpp looks for a value mix in every layer; the first one has the rates in its place.
void addCopiedValueMix(const std::string &prefix, std::vector<GgufTarget> &targets)
{
    for (const char part : {'0', '1', '2'}) {
        GgufTarget target{.name = std::string("blk.0.time_mix_v") + part + ".weight",
                          .official = {prefix + "a" + part}};
        target.turned = part != '0';
        target.copied = true;
        targets.push_back(std::move(target));
    }
}

} // namespace

std::vector<GgufTarget> ggufTargets(std::string_view architecture, int layers)
{
    const Scheme *scheme = schemeOf(architecture);
    std::vector<GgufTarget> targets;
    if (!scheme || scheme->tables.empty())
        return targets;
    for (const Rule &rule : scheme->globals)
        targets.push_back(targetOf(rule, "", ""));
    for (int layer = 0; layer < layers; ++layer) {
        const std::string block = "blk." + std::to_string(layer) + ".";
        const std::string prefix = std::string(scheme->block) + std::to_string(layer) + ".";
        const bool version7 = scheme->fusedLetters == "rwkvag";
        GgufTarget fused{.name = block + "time_mix_lerp_fused.weight", .official = {}};
        for (const char letter : scheme->fusedLetters)
            fused.official.push_back(prefix + std::string(scheme->fusedPrefix) + letter);
        fused.fused = true;
        fused.least = version7 ? scheme->fusedLetters.size() - 1 : scheme->fusedLetters.size(); // no gate
        targets.push_back(std::move(fused));
        if (layer == 0 && version7)
            addCopiedValueMix(prefix + std::string(scheme->tables.back().prefix), targets);
        for (const Table &table : scheme->tables) {
            for (const Rule &rule : table.rules) {
                const bool unread = layer == 0 && version7 && rule.gguf.starts_with("time_mix_v") &&
                                    rule.gguf != "time_mix_value.weight";
                if (!unread)
                    targets.push_back(targetOf(rule, block, prefix + std::string(table.prefix)));
            }
        }
    }
    return targets;
}

} // namespace volary
