#include "core/store/manifest.h"

#include "core/base/json.h"
#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/session/state_form.h"

#include <algorithm>
#include <array>
#include <optional>

namespace volary {

namespace {

constexpr std::size_t kMaxTensors = 65'536;
constexpr std::size_t kFingerprintLength = 64; // SHA-256 in hexadecimal
constexpr std::uint64_t kMaxStateBytes = std::uint64_t(4) << 30;

// How values are spelled in files. It must never change, whatever the program calls them elsewhere.
template <typename T>
struct Spelling {
    T value;
    std::string_view text;
};

constexpr std::array kTypes{
    Spelling<DType>{DType::F32, "f32"},   Spelling<DType>{DType::F16, "f16"},
    Spelling<DType>{DType::BF16, "bf16"}, Spelling<DType>{DType::F64, "f64"},
    Spelling<DType>{DType::I8, "i8"},     Spelling<DType>{DType::U8, "u8"},
    Spelling<DType>{DType::I16, "i16"},   Spelling<DType>{DType::I32, "i32"},
    Spelling<DType>{DType::I64, "i64"},
};

constexpr std::array kRoles{
    Spelling<StateRole>{StateRole::AttentionShift, "attention-shift"},
    Spelling<StateRole>{StateRole::FeedForwardShift, "feed-forward-shift"},
    Spelling<StateRole>{StateRole::Wkv, "wkv"},
    Spelling<StateRole>{StateRole::Numerator, "numerator"},
    Spelling<StateRole>{StateRole::Denominator, "denominator"},
    Spelling<StateRole>{StateRole::Maximum, "maximum"},
    Spelling<StateRole>{StateRole::TokenIds, "token-ids"},
    Spelling<StateRole>{StateRole::KeyLatents, "key-latents"},
    Spelling<StateRole>{StateRole::Keys, "keys"},
    Spelling<StateRole>{StateRole::Values, "values"},
};

constexpr std::array kForms{
    Spelling<StateForm>{StateForm::Half, "f16"},
    Spelling<StateForm>{StateForm::Int8, "i8"},
};

constexpr std::array kGrowths{
    Spelling<StateGrowth>{StateGrowth::Fixed, "fixed"},
    Spelling<StateGrowth>{StateGrowth::OneRowPerToken, "row-per-token"},
};

template <typename Table, typename T>
std::string_view spell(const Table &table, T value)
{
    for (const auto &entry : table)
        if (entry.value == value)
            return entry.text;
    return "";
}

template <typename Table>
auto unspell(const Table &table, const Json *json) -> std::optional<decltype(table[0].value)>
{
    if (json && json->string())
        for (const auto &entry : table)
            if (entry.text == *json->string())
                return entry.value;
    return std::nullopt;
}

Error unreadable(std::size_t tensor, const char *field)
{
    return {
        ErrorCode::Unsupported,
        format("Tensor %zu of the state has a %s that this version of Volary does not know.", tensor, field),
        "Update Volary, or continue from the text."};
}

std::optional<Shape> readShape(const Json *json)
{
    if (!json || !json->array() || json->array()->size() > Shape::kMaxRank)
        return std::nullopt;
    std::vector<std::int64_t> extents;
    for (const Json &extent : *json->array())
        extents.push_back(extent.integerOr(-1));
    return Shape::checked(extents);
}

Result<StateTensor> readSpec(const Json &json, std::size_t index)
{
    const auto type = unspell(kTypes, json.find("type"));
    if (!type)
        return unreadable(index, "number type");
    const auto role = unspell(kRoles, json.find("role"));
    if (!role)
        return unreadable(index, "role");
    const auto growth = unspell(kGrowths, json.find("growth"));
    if (!growth)
        return unreadable(index, "growth");
    const auto shape = readShape(json.find("shape"));
    if (!shape || (*growth == StateGrowth::OneRowPerToken && shape->rank() == 0))
        return unreadable(index, "shape");
    const Json *const name = json.find("name");
    const Json *const layout = json.find("layout");
    const Json *const layer = json.find("layer");
    if (!name || !name->string() || !layout || !layout->string() || !layer || !layer->integer() ||
        *layer->integer() < -1 || *layer->integer() > 1'000'000)
        return unreadable(index, "name, layout or layer");
    return StateTensor{*name->string(),  *type, *shape, *growth, *role, int(*layer->integer()),
                       *layout->string()};
}

// Gives tensors their places, one after the other.
class Placer {
public:
    explicit Placer(StateForm form) : m_form(form) {}

    TensorPlace place(const StateTensor &spec)
    {
        const std::uint64_t bytes = packedBytes(spec, m_form);
        if (spec.growth == StateGrowth::OneRowPerToken)
            return {spec, m_nextGrowing++, 0, bytes};
        const std::uint64_t offset = m_fixedBytes;
        m_fixedBytes += bytes;
        return {spec, kFixedStream, offset, bytes};
    }
    int streams() const { return m_nextGrowing; }

private:
    StateForm m_form;
    int m_nextGrowing = kFirstGrowingStream;
    std::uint64_t m_fixedBytes = 0;
};

Json toJsonValue(const TensorPlace &place)
{
    Json::Array shape;
    for (int d = 0; d < place.spec.shape.rank(); ++d)
        shape.emplace_back(place.spec.shape[d]);
    return Json::Object{
        {"name", place.spec.name},
        {"type", spell(kTypes, place.spec.type)},
        {"shape", std::move(shape)},
        {"role", spell(kRoles, place.spec.role)},
        {"growth", spell(kGrowths, place.spec.growth)},
        {"layer", place.spec.layer},
        {"layout", place.spec.layout},
        {"stream", place.stream},
        {"offset", std::int64_t(place.offset)},
    };
}

} // namespace

Manifest Manifest::of(const SnapshotImage &image)
{
    Manifest manifest;
    manifest.beginning = image.beginning;
    manifest.stored = image.stored;
    Placer placer(image.stored.form);
    for (const TensorImage &tensor : image.state) {
        manifest.tensors.push_back(placer.place(tensor.spec));
        manifest.stateBytes += manifest.tensors.back().bytes;
    }
    manifest.streams = placer.streams();
    return manifest;
}

std::vector<std::shared_ptr<const std::vector<std::byte>>> Manifest::packed(const SnapshotImage &image) const
{
    std::vector<std::shared_ptr<const std::vector<std::byte>>> all;
    for (const TensorImage &tensor : image.state) {
        if (isRounded(tensor.spec, stored.form))
            all.push_back(std::make_shared<const std::vector<std::byte>>(
                pack(*tensor.bytes, tensor.spec, stored.form)));
        else
            all.push_back(tensor.bytes);
    }
    return all;
}

std::string beginningAfter(const Manifest &manifest, std::span<const std::byte> content)
{
    Sha256 hash;
    hash.update(manifest.beginning + "\n" + std::string(spell(kForms, manifest.stored.form)) + "\n");
    hash.update(content);
    return toHex(hash.finish());
}

std::string Manifest::toJson() const
{
    Json::Array entries;
    for (const TensorPlace &place : tensors)
        entries.push_back(toJsonValue(place));
    Json::Object json{{"tensors", std::move(entries)}};
    if (!beginning.empty())
        json.emplace("beginning", beginning);
    if (stored.form != StateForm::Exact)
        json.emplace("rounded", Json::Object{{"form", spell(kForms, stored.form)},
                                             {"error", stored.error},
                                             {"worst", stored.worst}});
    return Json(std::move(json)).dump();
}

Result<Manifest> Manifest::fromJson(std::string_view json)
{
    TRY(const Json root, Json::parse(json));
    const Json *const entries = root.find("tensors");
    if (!entries || !entries->array() || entries->array()->size() > kMaxTensors)
        return Error{ErrorCode::Corrupt, "The list of state tensors is missing or too long.", ""};

    Manifest manifest;
    if (const Json *const beginning = root.find("beginning")) {
        manifest.beginning = beginning->stringOr("");
        if (manifest.beginning.size() != kFingerprintLength)
            return Error{ErrorCode::Corrupt, "The state begins with something that is no fingerprint.", ""};
    }
    if (const Json *const rounded = root.find("rounded")) {
        const auto form = unspell(kForms, rounded->find("form"));
        if (!form)
            return Error{ErrorCode::Unsupported,
                         "The state is stored in a form that this Volary does not know.",
                         "Update Volary, or continue from the text."};
        const auto number = [&](std::string_view key) {
            const Json *const found = rounded->find(key);
            return found ? std::clamp(found->number(), 0.0, 1e9) : 0.0;
        };
        manifest.stored = {*form, number("error"), number("worst")};
    }
    Placer placer(manifest.stored.form);
    for (const Json &entry : *entries->array()) {
        TRY(const StateTensor spec, readSpec(entry, manifest.tensors.size()));
        if (std::uint64_t(spec.shape.elements()) > kMaxStateBytes / bytesPerElement(spec.type))
            return Error{ErrorCode::Corrupt,
                         format("State tensor %zu is larger than any state.", manifest.tensors.size()), ""};
        const TensorPlace place = placer.place(spec);
        const Json *const stream = entry.find("stream");
        const Json *const offset = entry.find("offset");
        if (!stream || !offset || stream->integerOr(-1) != place.stream ||
            offset->integerOr(-1) != std::int64_t(place.offset))
            return Error{ErrorCode::Corrupt,
                         format("State tensor %zu is out of its place.", manifest.tensors.size()), ""};
        manifest.stateBytes += place.bytes;
        if (manifest.stateBytes > kMaxStateBytes)
            return Error{ErrorCode::Corrupt, "The state is larger than any state of a model.", ""};
        manifest.tensors.push_back(place);
    }
    manifest.streams = placer.streams();
    return manifest;
}

} // namespace volary
