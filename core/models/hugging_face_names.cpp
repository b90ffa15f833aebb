#include "core/models/hugging_face_names.h"

#include "core/models/blocks/checkpoint.h"

#include <array>
#include <set>

namespace volary {

namespace {

constexpr std::string_view kPrefix = "rwkv.";

// Parts of names after the prefix.
struct Renamed {
    std::string_view theirs, official;
};
constexpr std::array kRenamed{Renamed{"embeddings.", "emb."},
                              Renamed{".pre_ln.", ".ln0."},
                              Renamed{".attention.", ".att."},
                              Renamed{".feed_forward.", ".ffn."},
                              Renamed{".time_mix_key", ".time_mix_k"},
                              Renamed{".time_mix_value", ".time_mix_v"},
                              Renamed{".time_mix_receptance", ".time_mix_r"},
                              Renamed{".time_mix_gate", ".time_mix_g"}};

std::string officialName(std::string_view theirs)
{
    std::string name(theirs);
    if (!name.starts_with(kPrefix)) // head.weight
        return name;
    name.erase(0, kPrefix.size());
    for (const Renamed &part : kRenamed) {
        if (const std::size_t at = name.find(part.theirs); at != std::string::npos)
            name.replace(at, part.theirs.size(), part.official);
    }
    return name;
}

class RenamedFile final : public TensorFile {
public:
    RenamedFile(std::unique_ptr<TensorFile> file, std::vector<TensorInfo> tensors)
        : TensorFile(file->path()), m_file(std::move(file)), m_tensors(std::move(tensors))
    {}

    std::string_view format() const override { return m_file->format(); }
    std::span<const TensorInfo> tensors() const override { return m_tensors; }
    const std::map<std::string, std::string> &metadata() const override { return m_file->metadata(); }
    Result<> read(std::size_t index, std::span<std::byte> to) const override
    {
        return m_file->read(index, to);
    }

private:
    std::unique_ptr<TensorFile> m_file;
    std::vector<TensorInfo> m_tensors;
};

} // namespace

Result<std::unique_ptr<TensorFile>> underOfficialNames(std::unique_ptr<TensorFile> file)
{
    if (!hasTensor(*file, "rwkv.embeddings.weight"))
        return file;
    std::vector<TensorInfo> tensors(file->tensors().begin(), file->tensors().end());
    std::set<std::string> names;
    for (TensorInfo &tensor : tensors) {
        std::string official = officialName(tensor.name);
        if (!names.insert(official).second)
            return Error{ErrorCode::Corrupt,
                         "two tensors stand for " + official + ", one of them " + tensor.name,
                         "Download or convert the file again."};
        tensor.name = std::move(official);
    }
    return std::make_unique<RenamedFile>(std::move(file), std::move(tensors));
}

} // namespace volary
