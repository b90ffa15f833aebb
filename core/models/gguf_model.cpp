#include "core/models/gguf_model.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/models/blocks/checkpoint.h"
#include "core/models/floats.h"
#include "core/models/gguf_layout.h"
#include "core/models/gguf_names.h"

#include <algorithm>
#include <set>

namespace volary {

namespace {

Error contradiction(const std::string &key, std::int64_t given, const std::string &shape)
{
    return {ErrorCode::Corrupt,
            format("the key %s says %lld, but %s", key.c_str(), static_cast<long long>(given), shape.c_str()),
            "Download or convert the file again."};
}

// The GGUF file behind its official names.
class GgufModel final : public TensorFile {
public:
    GgufModel(std::unique_ptr<TensorFile> file, std::shared_ptr<const GgufMetadata> keys)
        : TensorFile(file->path()), m_file(std::move(file)), m_keys(std::move(keys)),
          m_architecture(*m_keys->string("general.architecture"))
    {}

    std::string_view format() const override { return "gguf"; }
    std::span<const TensorInfo> tensors() const override { return m_tensors; }
    const std::map<std::string, std::string> &metadata() const override { return m_texts; }

    Result<> read(std::size_t index, std::span<std::byte> to) const override
    {
        const GgufPart &part = m_parts[index];
        const TensorInfo &stored = m_file->tensors()[part.tensor];
        std::vector<std::byte> raw(stored.bytes());
        TRY_(m_file->read(part.tensor, raw));
        TRY_(part.doubleNumbers(stored, raw));
        if (stored.type != m_tensors[index].type) // decoded, to be turned number by number
            raw = toBytes(toFloats(raw, stored.type), m_tensors[index].type);
        part.arrange(stored.shape, raw, to);
        return {};
    }

    Result<> build()
    {
        if (!keepsOfficialNames(m_architecture)) {
            TRY_(checkSizes());
        }
        for (std::size_t i = 0; i < m_file->tensors().size(); ++i) {
            TRY_(add(i));
        }
        m_texts = m_file->metadata();
        m_texts["config"] = Json(settings()).dump();
        return {};
    }

private:
    std::optional<std::int64_t> key(const std::string &name) const
    {
        return m_keys->integer(m_architecture + "." + name);
    }
    const TensorInfo *find(std::string_view name) const;
    Result<> checkSizes() const;
    Result<> checkExtent(const std::string &name, std::string_view tensor, int dimension) const;
    Result<> add(std::size_t index);
    Result<> place(const TensorInfo &stored, std::string name, GgufPart part);
    Json::Object settings() const;

    std::unique_ptr<TensorFile> m_file;
    std::shared_ptr<const GgufMetadata> m_keys;
    std::string m_architecture;
    std::vector<TensorInfo> m_tensors;
    std::vector<GgufPart> m_parts;
    std::set<std::string> m_names; // of m_tensors
    std::map<std::string, std::string> m_texts;
};

const TensorInfo *GgufModel::find(std::string_view name) const
{
    const auto found = std::ranges::find(m_file->tensors(), name, &TensorInfo::name);
    return found == m_file->tensors().end() ? nullptr : &*found;
}

Result<> GgufModel::checkExtent(const std::string &name, std::string_view tensor, int dimension) const
{
    const auto given = key(name);
    const TensorInfo *info = find(tensor);
    if (!given || !info || dimension >= info->shape.rank() || info->shape[dimension] == *given)
        return {};
    return contradiction(m_architecture + "." + name, *given,
                         std::string(tensor) + " has the shape " + info->shape.text());
}

Result<> GgufModel::checkSizes() const
{
    const int layers = countLayers(*m_file, "blk.");
    if (const auto given = key("block_count"); given && *given != layers)
        return contradiction(m_architecture + ".block_count", *given,
                             volary::format("there are %d blocks of tensors", layers));
    TRY_(checkExtent("embedding_length", "token_embd.weight", 1));
    TRY_(checkExtent("feed_forward_length", "blk.0.channel_mix_key.weight", 0));
    TRY_(checkExtent("feed_forward_length", "blk.0.ffn_gate.weight", 0));
    TRY_(checkExtent("attention.decay_lora_rank", "blk.0.time_mix_w1.weight", 0));
    TRY_(checkExtent("attention.iclr_lora_rank", "blk.0.time_mix_a1.weight", 0));
    TRY_(checkExtent("attention.gate_lora_rank", "blk.0.time_mix_g1.weight", 0));
    TRY_(checkExtent("time_decay_extra_dim", "blk.0.time_mix_decay_w1.weight", 0));
    TRY_(checkExtent("time_mix_extra_dim", "blk.0.time_mix_w2.weight", 2));
    const TensorInfo *embedding = find("token_embd.weight");
    const std::int64_t headSize = key("wkv.head_size").value_or(0);
    if (!embedding || embedding->shape.rank() != 2)
        return Error{ErrorCode::Corrupt, "the tensor token_embd.weight is missing or no matrix",
                     "Download or convert the file again."};
    if (headSize < 1 || embedding->shape[1] % headSize != 0)
        return contradiction(m_architecture + ".wkv.head_size", headSize,
                             volary::format("that does not divide %lld channels",
                                            static_cast<long long>(embedding->shape[1])));
    return {};
}

Result<> GgufModel::add(std::size_t index)
{
    const TensorInfo &stored = m_file->tensors()[index];
    const std::int64_t headSize = key("wkv.head_size").value_or(1);
    for (GgufName &official : officialNames(m_architecture, stored, headSize)) {
        official.part.tensor = index;
        if (official.rescaled)
            official.part.doublings = ggufDoublings(stored.name, key("rescale_every_n_layers").value_or(0));
        TRY_(place(stored, std::move(official.name), official.part));
    }
    return {};
}

Result<> GgufModel::place(const TensorInfo &stored, std::string name, GgufPart part)
{
    const auto shape = part.shapeOf(stored.shape);
    if (!shape)
        return Error{ErrorCode::Corrupt,
                     "the tensor " + stored.name + " has the shape " + stored.shape.text() +
                         ", which cannot be turned into " + name,
                     "Download or convert the file again."};
    if (!m_names.insert(name).second)
        return Error{ErrorCode::Corrupt, "two tensors stand for " + name + ", one of them " + stored.name,
                     "Download or convert the file again."};
    // Blocks whose numbers change places become half floats, which hold their numbers to 11 bits.
    const bool decoded = part.movesNumbers() && isQuantised(stored.type);
    m_tensors.push_back({std::move(name), decoded ? DType::F16 : stored.type, *shape});
    m_parts.push_back(part);
    return {};
}

Json::Object GgufModel::settings() const
{
    Json::Object config;
    if (const std::string *text = m_keys->string(kGgufSettings)) {
        const auto stored = Json::parse(*text);
        if (stored && stored.value().object())
            config = *stored.value().object();
    }
    if (keepsOfficialNames(m_architecture))
        return config;
    if (const auto epsilon = m_keys->number(m_architecture + ".attention.layer_norm_rms_epsilon"))
        config.insert_or_assign("rms_norm_eps", *epsilon);
    if (const TensorInfo *embedding = find("token_embd.weight"))
        config.insert_or_assign("num_attention_heads",
                                embedding->shape[1] / key("wkv.head_size").value_or(1));
    const std::string *kind = m_keys->string("tokenizer.ggml.model");
    if (const auto end = m_keys->integer("tokenizer.ggml.eos_token_id"); end && kind && *kind == "gpt2")
        config.insert_or_assign("eos_token_id", *end);
    return config;
}

} // namespace

Result<std::unique_ptr<TensorFile>> ggufUnderOfficialNames(std::unique_ptr<TensorFile> file,
                                                           std::shared_ptr<const GgufMetadata> keys)
{
    const std::string &architecture = *keys->string("general.architecture"); // the reader made sure of it
    if (!isKnownToGguf(architecture))
        return Error{ErrorCode::Unsupported,
                     "the model is of the architecture " + printable(architecture) +
                         ", which Volary does not run",
                     "Open a GGUF file of an RWKV model, ARWKV, QRWKV or GoldFinch."};
    auto model = std::make_unique<GgufModel>(std::move(file), std::move(keys));
    TRY_(model->build());
    return Result<std::unique_ptr<TensorFile>>(std::move(model));
}

} // namespace volary
