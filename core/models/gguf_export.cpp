#include "core/models/gguf_export.h"

#include "core/models/blocks/checkpoint.h"
#include "core/models/floats.h"
#include "core/models/gguf_names.h"

#include <algorithm>
#include <map>

namespace volary {

namespace {

constexpr std::int64_t kLeastQuantised = 8192; // numbers; smaller tables would save next to nothing

bool isVector(const Shape &shape)
{
    return shape.rank() == 0 || shape.elements() == shape[shape.rank() - 1];
}

bool isMatrix(const TensorInfo &tensor)
{
    return tensor.shape.rank() == 2 && tensor.name.ends_with(".weight");
}

bool isEmbeddingOrHead(const std::string &name)
{
    return name == "emb.weight" || name == "head.weight" || name == "model.embed_tokens.weight" ||
           name == "lm_head.weight";
}

bool fitsBlocks(const TensorInfo &tensor, DType type)
{
    return tensor.shape[tensor.shape.rank() - 1] % elementsPerBlock(type) == 0;
}

// One tensor of the new file and the official ones it is made of.
struct Planned {
    GgufTensor tensor;
    std::vector<std::size_t> from; // several become rows
    bool turned = false;
    std::optional<std::array<int, GgufPart::kGroups>> order;
};

class Planner {
public:
    Planner(const TensorFile &model, const ModelInfo &info, const GgufExport &options)
        : m_model(model), m_options(options)
    {
        for (std::size_t i = 0; i < model.tensors().size(); ++i)
            m_byName.emplace(model.tensors()[i].name, i);
        m_scheme = ggufArchitecture(info.architecture);
    }

    std::vector<Planned> plan(int layers)
    {
        for (const GgufTarget &target : ggufTargets(m_scheme, layers))
            place(target);
        for (std::size_t i = 0; i < m_model.tensors().size(); ++i) { // what has no name of its own in GGUF
            if (m_byName.contains(m_model.tensors()[i].name))
                m_planned.push_back(asItIs(m_model.tensors()[i].name, i));
        }
        return std::move(m_planned);
    }

private:
    Planned asItIs(std::string name, std::size_t index) const
    {
        const TensorInfo &info = m_model.tensors()[index];
        Planned planned{.tensor = {std::move(name), exportedType(info, m_options.type), info.shape},
                        .from = {index},
                        .turned = false,
                        .order = {}};
        if (isVector(info.shape) || info.shape.rank() > 4)
            planned.tensor.shape = {info.shape.elements()};
        return planned;
    }

    // Each official tensor is taken once: the first target that has all it needs gets it.
    void place(const GgufTarget &target)
    {
        std::vector<std::size_t> from;
        for (const std::string &name : target.official) {
            const auto found = m_byName.find(name);
            if (found != m_byName.end())
                from.push_back(found->second);
        }
        if (from.size() < target.least || from.empty())
            return;
        Planned planned = asItIs(target.name, from.front());
        const Shape &shape = m_model.tensors()[from.front()].shape;
        if (target.fused)
            planned.tensor.shape = {std::int64_t(from.size()), 1, 1, shape.elements()};
        else if (target.flat)
            planned.tensor.shape = {shape.elements()};
        if (target.fused || target.flat)
            planned.tensor.type = DType::F32;
        planned.from = from;
        if (target.turned) {
            const GgufPart turn{.turned = true};
            planned.turned = true;
            planned.order = target.order;
            planned.tensor.shape = turn.shapeOf(shape).value_or(shape);
            TensorInfo asWritten = m_model.tensors()[from.front()];
            asWritten.shape = planned.tensor.shape;
            planned.tensor.type = exportedType(asWritten, m_options.type);
        }
        for (const std::string &name : target.official) {
            if (!target.copied)
                m_byName.erase(name);
        }
        m_planned.push_back(std::move(planned));
    }

    const TensorFile &m_model;
    const GgufExport &m_options;
    std::map<std::string, std::size_t, std::less<>> m_byName; // not yet placed
    std::string m_scheme;
    std::vector<Planned> m_planned;
};

// The numbers of a planned tensor in its own type.
Result<std::vector<std::byte>> make(const TensorFile &model, const Planned &planned)
{
    std::vector<float> numbers;
    for (const std::size_t index : planned.from) {
        const TensorInfo &info = model.tensors()[index];
        std::vector<std::byte> raw(info.bytes());
        TRY_(model.read(index, raw));
        if (planned.from.size() == 1 && !planned.turned && info.type == planned.tensor.type)
            return raw;
        const std::vector<float> part = toFloats(raw, info.type);
        numbers.insert(numbers.end(), part.begin(), part.end());
    }
    if (planned.turned) {
        const Shape &stored = model.tensors()[planned.from.front()].shape;
        std::vector<float> moved(numbers.size());
        GgufPart turn{.turned = true};
        turn.arrange(stored, std::as_bytes(std::span(numbers)), std::as_writable_bytes(std::span(moved)));
        if (planned.order) {
            const GgufPart reorder{.order = planned.order};
            reorder.arrange(planned.tensor.shape, std::as_bytes(std::span(moved)),
                            std::as_writable_bytes(std::span(numbers)));
        } else {
            numbers = std::move(moved);
        }
    }
    return toBytes(numbers, planned.tensor.type);
}

GgufValue text(std::string_view value)
{
    return {std::string(value)};
}

GgufKeys keysOf(const ModelInfo &info, const GgufExport &options)
{
    const std::string architecture = ggufArchitecture(info.architecture);
    const auto number = [](std::int64_t value) { return GgufValue{value}; };
    GgufKeys keys{{"general.architecture", text(architecture)},
                  {"general.name", text(options.name)},
                  {"general.quantization_version", number(2)}};
    const auto add = [&](const char *key, GgufValue value) {
        keys.emplace_back(architecture + "." + key, std::move(value));
    };
    add("context_length", number(1 << 20));
    add("embedding_length", number(info.width));
    add("block_count", number(info.layers));
    add("feed_forward_length", number(info.hidden));
    add("attention.head_count", number(0));
    add("wkv.head_size", number(info.headSize));
    const bool qwen = architecture == "arwkv7" || architecture == "rwkv6qwen2";
    const Json *epsilon = options.settings.find("rms_norm_eps");
    if (qwen)
        add("attention.layer_norm_rms_epsilon", {epsilon ? epsilon->number(1e-6) : 1e-6});
    else
        add("attention.layer_norm_epsilon", {1e-5});
    if (qwen)
        add("token_shift_count", number(1));
    if (options.settings.object())
        keys.emplace_back(std::string(kGgufSettings), text(options.settings.dump()));
    keys.insert(keys.end(), options.vocabulary.begin(), options.vocabulary.end());
    return keys;
}

// The ranks of the low-rank pairs, from the shapes they will have in the file.
void addRanks(const std::vector<Planned> &planned, const std::string &architecture, GgufKeys &keys)
{
    const auto add = [&](const char *key, const char *tensor, int dimension) {
        for (const Planned &each : planned) {
            if (each.tensor.name == tensor)
                keys.emplace_back(architecture + "." + key, GgufValue{each.tensor.shape[dimension]});
        }
    };
    if (architecture == "rwkv7" || architecture == "arwkv7") {
        add("attention.decay_lora_rank", "blk.0.time_mix_w1.weight", 0);
        add("attention.iclr_lora_rank", "blk.0.time_mix_a1.weight", 0);
        add("attention.value_residual_mix_lora_rank", "blk.1.time_mix_v1.weight", 0);
        add("attention.gate_lora_rank", "blk.0.time_mix_g1.weight", 0);
    } else {
        add("time_mix_extra_dim", "blk.0.time_mix_w2.weight", 2);
        add("time_decay_extra_dim", "blk.0.time_mix_decay_w1.weight", 0);
    }
}

} // namespace

DType exportedType(const TensorInfo &tensor, std::optional<DType> wanted)
{
    const DType asFloat = tensor.type == DType::F64 || isQuantised(tensor.type) ? DType::F32 : tensor.type;
    if (isVector(tensor.shape))
        return DType::F32;
    if (!isMatrix(tensor)) { // factors of low rank, and small tables
        const bool large = tensor.shape.elements() >= kLeastQuantised;
        return large && wanted == DType::Q8_0 && fitsBlocks(tensor, DType::Q8_0) ? DType::Q8_0 : asFloat;
    }
    DType type = wanted.value_or(tensor.type == DType::F64 ? DType::F32 : tensor.type);
    const bool fewBits = isQuantised(type) && type != DType::Q8_0 && type != DType::Q6_K;
    if (fewBits && isEmbeddingOrHead(tensor.name))
        type = DType::Q6_K;
    if (!fitsBlocks(tensor, type))
        type = DType::Q8_0;
    return fitsBlocks(tensor, type) ? type : asFloat;
}

Result<> exportGguf(const TensorFile &model, const ModelInfo &info, const std::filesystem::path &path,
                    const GgufExport &options)
{
    if (model.format() == "rwkv.cpp")
        return Error{ErrorCode::Unsupported, "Files of rwkv.cpp hold some weights transformed.",
                     "Begin with the original .pth or .safetensors file of the model."};
    const std::vector<Planned> planned = Planner(model, info, options).plan(info.layers);
    GgufKeys keys = keysOf(info, options);
    addRanks(planned, ggufArchitecture(info.architecture), keys);
    std::vector<GgufTensor> tensors;
    std::uint64_t total = 0, done = 0;
    for (const Planned &each : planned) {
        tensors.push_back(each.tensor);
        total += std::uint64_t(each.tensor.shape.elements());
    }
    return writeGguf(path, keys, tensors, [&](std::size_t i) -> Result<std::vector<std::byte>> {
        if (options.progress && !options.progress(double(done) / double(total)))
            return Error{ErrorCode::Cancelled, "Cancelled; nothing was written.", ""};
        done += std::uint64_t(planned[i].tensor.shape.elements());
        return make(model, planned[i]);
    });
}

} // namespace volary
