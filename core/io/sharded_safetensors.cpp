// A model in several safetensors files ("shards"): *.safetensors.index.json says which tensor lies in which
// file of the same folder, {"metadata": {...}, "weight_map": {tensor: file}}. The format of Hugging Face
// transformers' save_pretrained.
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/io/checks.h"

#include <algorithm>

namespace volary {
namespace {

constexpr std::uint64_t kMaxIndexBytes = 32u << 20; // the longest published one has 9 MB
constexpr JsonLimits kIndexLimits{.depth = 8, .nodes = 1'000'000};
constexpr std::size_t kMaxShards = 256; // all stay open; the most in use are 163
constexpr std::size_t kMaxFileNameBytes = 255;

class ShardedSafetensors final : public TensorFile {
public:
    explicit ShardedSafetensors(std::filesystem::path index) : TensorFile(std::move(index)) {}

    std::string_view format() const override { return "safetensors"; }
    std::span<const TensorInfo> tensors() const override { return m_tensors; }
    const std::map<std::string, std::string> &metadata() const override { return m_metadata; }

    Result<> read(std::size_t index, std::span<std::byte> to) const override
    {
        const Place &place = m_places[index];
        return m_shards[place.shard]->read(place.index, to);
    }

    void add(std::unique_ptr<TensorFile> shard)
    {
        for (std::size_t i = 0; i < shard->tensors().size(); ++i) {
            m_tensors.push_back(shard->tensors()[i]);
            m_places.push_back({m_shards.size(), i});
        }
        for (const auto &[key, text] : shard->metadata())
            m_metadata.emplace(key, text); // the shards repeat each other
        m_shards.push_back(std::move(shard));
    }

private:
    struct Place {
        std::size_t shard;
        std::size_t index; // in the shard
    };
    std::vector<std::unique_ptr<TensorFile>> m_shards;
    std::vector<TensorInfo> m_tensors;
    std::vector<Place> m_places;
    std::map<std::string, std::string> m_metadata;
};

// By the name of the file: the tensors that should lie in it.
using Shards = std::map<std::string, std::vector<std::string>>;

// An index must not make us open anything but safetensors files beside it.
bool isNameOfShard(std::string_view name)
{
    return name.size() <= kMaxFileNameBytes && name.ends_with(".safetensors") &&
           name.find_first_of("/\\") == std::string_view::npos && printable(name, kMaxFileNameBytes) == name;
}

Result<Shards> readIndex(const InputFile &file)
{
    if (file.bytes() > kMaxIndexBytes)
        return corrupt("the index has " + formatBytes(file.bytes()) + ", at most " +
                       formatBytes(kMaxIndexBytes) + " are read");
    std::string text(std::size_t(file.bytes()), '\0');
    TRY_(file.read(0, std::as_writable_bytes(std::span(text))));
    const auto index = Json::parse(text, kIndexLimits);
    if (!index)
        return Error{index.error().code, "the index: " + index.error().what,
                     "Fetch the file again, or choose another model file."};
    const Json *map = index.value().find("weight_map");
    if (!map || !map->object())
        return unsupported("this JSON file has no \"weight_map\", so it is no index of a model",
                           "Choose the .safetensors.index.json or another model file.");
    if (map->object()->empty())
        return corrupt("the weight_map is empty");
    Shards shards;
    for (const auto &[tensor, shard] : *map->object()) {
        if (!shard.string() || !isNameOfShard(*shard.string()))
            return corrupt("the weight_map puts tensor " + printable(tensor) + " into \"" +
                           printable(shard.stringOr("")) +
                           "\", which is not the name of a .safetensors file in the same folder");
        shards[*shard.string()].push_back(tensor);
    }
    if (shards.size() > kMaxShards)
        return unsupported("the weight_map names " + std::to_string(shards.size()) + " files, at most " +
                               std::to_string(kMaxShards) + " are opened",
                           "Join the files into fewer.");
    return shards;
}

Result<std::unique_ptr<TensorFile>> openShard(const std::filesystem::path &path)
{
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return Error{ErrorCode::NotFound, "the file is missing, but the weight_map of the index names it.",
                     "Fetch all files of the model into one folder."};
    TRY(InputFile file, InputFile::open(path));
    if (file.bytes() < 8)
        return corrupt("the file has only " + formatBytes(file.bytes()) + "; not even a header fits");
    return openSafetensors(std::move(file));
}

// Exactly the tensors of the index: one that it does not list would be dropped without a word.
Result<> checkTensors(const TensorFile &shard, const std::vector<std::string> &listed)
{
    std::vector<std::string> found;
    for (const TensorInfo &info : shard.tensors())
        found.push_back(info.name);
    std::ranges::sort(found);
    const auto [inList, inFile] = std::ranges::mismatch(listed, found); // both in ascending order
    if (inList == listed.end() && inFile == found.end())
        return {};
    if (inFile == found.end() || (inList != listed.end() && *inList < *inFile))
        return corrupt("tensor " + printable(*inList) + " is missing, but the weight_map puts it here");
    return corrupt("tensor " + *inFile + " lies here, but the weight_map does not say so");
}

} // namespace

Result<std::unique_ptr<TensorFile>> openShardedSafetensors(const InputFile &index)
{
    TRY(const Shards shards, readIndex(index));
    auto model = std::make_unique<ShardedSafetensors>(index.path());
    for (const auto &[name, listed] : shards) {
        auto shard = openShard(index.path().parent_path() / name);
        if (!shard)
            return std::move(shard).error().during(name);
        if (auto complete = checkTensors(*shard.value(), listed); !complete)
            return std::move(complete).error().during(name);
        model->add(std::move(shard).value());
    }
    return Result<std::unique_ptr<TensorFile>>(std::move(model));
}

} // namespace volary
