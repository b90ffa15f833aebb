#include "app/cli/state_file.h"

#include "core/base/text.h"
#include "core/io/safetensors_writer.h"
#include "core/io/tensor_file.h"

#include <algorithm>

namespace volary::cli {

namespace {
constexpr const char *kFingerprintKey = "volary.model";
}

Result<> writeStateFile(const std::filesystem::path &path, const State &state, const std::string &fingerprint)
{
    TRY(const auto images, state.download());
    std::vector<TensorToWrite> tensors;
    for (const TensorImage &image : images)
        tensors.push_back({image.spec.name, image.spec.type, image.spec.shape, *image.bytes});
    return writeSafetensors(path, tensors, {{kFingerprintKey, fingerprint}});
}

Result<> readStateFile(const std::filesystem::path &path, State &state, const std::string &fingerprint)
{
    TRY(const auto file, openTensorFile(path));
    const std::string name = printable(path.filename().string());
    const auto saved = file->metadata().find(kFingerprintKey);
    if (saved != file->metadata().end() && saved->second != fingerprint)
        return Error{ErrorCode::Mismatch,
                     format("%s was saved with another model (%.8s, not %.8s).", name.c_str(),
                            printable(saved->second).c_str(), fingerprint.c_str()),
                     "Use the model that the state was saved with."};
    std::vector<TensorImage> images;
    for (StateTensor wanted : state.spec()) {
        if (wanted.derived)
            continue;
        const auto found = std::ranges::find(file->tensors(), wanted.name, &TensorInfo::name);
        if (found != file->tensors().end() && wanted.growth == StateGrowth::OneRowPerToken &&
            found->shape.rank() == wanted.shape.rank())
            wanted.shape = withRows(wanted.shape, found->shape[0]);
        if (found == file->tensors().end() || found->type != wanted.type || found->shape != wanted.shape)
            return Error{ErrorCode::Mismatch,
                         format("%s does not hold the state tensor %s as %s %s.", name.c_str(),
                                wanted.name.c_str(), std::string(volary::name(wanted.type)).c_str(),
                                wanted.shape.text().c_str()),
                         "Use a state that was saved with this model."};
        auto bytes = std::make_shared<std::vector<std::byte>>(found->bytes());
        TRY_(file->read(std::size_t(found - file->tensors().begin()), *bytes));
        images.push_back({wanted, std::move(bytes)});
    }
    return state.upload(images);
}

} // namespace volary::cli
