#include "core/session/initial_state.h"

#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/models/floats.h"

#include <algorithm>
#include <set>

namespace volary {

namespace {

constexpr std::string_view kSuffix = ".att.time_state";

std::string nameFor(int layer)
{
    return "blocks." + std::to_string(layer) + std::string(kSuffix);
}

// Swaps the last two dimensions of [H, N, N].
std::vector<float> turned(const std::vector<float> &stored, std::size_t N)
{
    std::vector<float> numbers(stored.size());
    for (std::size_t head = 0; head < stored.size(); head += N * N) {
        for (std::size_t i = 0; i < N; ++i) {
            for (std::size_t j = 0; j < N; ++j)
                numbers[head + i * N + j] = stored[head + j * N + i];
        }
    }
    return numbers;
}

Result<> fill(TensorImage &image, const TensorFile &file)
{
    const std::string wanted = nameFor(image.spec.layer);
    const auto found = std::ranges::find(file.tensors(), wanted, &TensorInfo::name);
    if (found == file.tensors().end())
        return Error{ErrorCode::NotFound, format("The tensor %s is missing.", wanted.c_str()),
                     "Use a state that was tuned for this model; one for fewer layers does not fit."};
    if (found->shape != image.spec.shape)
        return Error{ErrorCode::Mismatch,
                     format("The tensor %s has the shape %s; this model needs %s.", wanted.c_str(),
                            found->shape.text().c_str(), image.spec.shape.text().c_str()),
                     "Use a state that was tuned for this model."};
    TRY(std::vector<float> numbers, readFloats(file, std::size_t(found - file.tensors().begin())));
    if (image.spec.layout == "head,key,value")
        numbers = turned(numbers, std::size_t(image.spec.shape[1]));
    const auto bytes = std::as_bytes(std::span(numbers));
    image.bytes = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
    return {};
}

Result<std::vector<TensorImage>> tunedImages(const TensorFile &file, const State &fresh)
{
    TRY(auto images, fresh.download());
    std::set<std::string> used;
    for (TensorImage &image : images) {
        const bool square = image.spec.shape.rank() == 3 && image.spec.type == DType::F32;
        if (image.spec.role != StateRole::Wkv || !square)
            continue;
        TRY_(fill(image, file));
        used.insert(nameFor(image.spec.layer));
    }
    if (used.empty())
        return Error{ErrorCode::Unsupported, "This model has no matrices that could be tuned.",
                     "Tuned states are made for RWKV-5, 6 and 7."};
    for (const TensorInfo &info : file.tensors()) {
        if (!used.contains(info.name))
            return Error{
                ErrorCode::Mismatch,
                format("The tensor %s belongs to no initial state of this model.", info.name.c_str()),
                "A tuned state holds one att.time_state for each layer and nothing else."};
    }
    return images;
}

} // namespace

Result<InitialState> readInitialState(const TensorFile &file, const State &fresh)
{
    auto images = tunedImages(file, fresh);
    if (!images)
        return std::move(images).error().during("Reading the initial state " +
                                                printable(file.path().filename().string()));
    InitialState state{.tensors = std::move(images).value(), .fingerprint = {}};
    Sha256 hash;
    for (const TensorImage &tensor : state.tensors) {
        hash.update(tensor.spec.name);
        hash.update(*tensor.bytes);
    }
    state.fingerprint = toHex(hash.finish());
    return state;
}

} // namespace volary
