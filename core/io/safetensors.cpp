// Safetensors: u64 header length, a JSON header, then the tensors back to back.
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/io/checks.h"

#include <algorithm>
#include <array>
#include <optional>

namespace volary {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000; // the limit of the published format
constexpr int kMaxHeaderDepth = 8;                     // three levels are in use
constexpr std::string_view kMetadataKey = "__metadata__";

struct TypeName {
    std::string_view text;
    DType type;
};
constexpr std::array kTypes{TypeName{"F32", DType::F32},   TypeName{"F16", DType::F16},
                            TypeName{"BF16", DType::BF16}, TypeName{"F64", DType::F64},
                            TypeName{"I8", DType::I8},     TypeName{"U8", DType::U8},
                            TypeName{"BOOL", DType::U8},   TypeName{"I16", DType::I16},
                            TypeName{"I32", DType::I32},   TypeName{"I64", DType::I64}};
constexpr std::array<std::string_view, 5> kLaterTypes{"U16", "U32", "U64", "F8_E4M3", "F8_E5M2"};

struct Placed {
    TensorInfo info;
    std::uint64_t begin; // within the data
    std::uint64_t end;
};

class Safetensors final : public TensorFile {
public:
    Safetensors(InputFile file, std::uint64_t dataAt, const std::vector<Placed> &placed,
                std::map<std::string, std::string> metadata)
        : TensorFile(file.path()), m_file(std::move(file)), m_metadata(std::move(metadata))
    {
        for (const auto &tensor : placed) {
            m_tensors.push_back(tensor.info);
            m_offsets.push_back(dataAt + tensor.begin);
        }
    }

    std::string_view format() const override { return "safetensors"; }
    std::span<const TensorInfo> tensors() const override { return m_tensors; }
    const std::map<std::string, std::string> &metadata() const override { return m_metadata; }

    Result<> read(std::size_t index, std::span<std::byte> to) const override
    {
        return m_file.read(m_offsets[index], to);
    }

private:
    InputFile m_file;
    std::map<std::string, std::string> m_metadata;
    std::vector<TensorInfo> m_tensors;
    std::vector<std::uint64_t> m_offsets;
};

Result<Json> readHeader(const InputFile &file, std::uint64_t bytes)
{
    if (bytes == 0 || bytes > kMaxHeaderBytes || !fits(8, bytes, file.bytes()))
        return corrupt("the header length " + formatCount(bytes) + " does not fit a file of " +
                       formatBytes(file.bytes()));
    std::string text(std::size_t(bytes), '\0');
    TRY_(file.read(8, std::as_writable_bytes(std::span(text))));
    if (text.front() != '{')
        return corrupt("the header does not begin with '{'");
    auto header = Json::parse(text, JsonLimits{.depth = kMaxHeaderDepth});
    if (!header)
        return std::move(header).error().during("the header");
    return header;
}

Result<std::map<std::string, std::string>> readMetadata(const Json &value)
{
    if (!value.object())
        return corrupt("__metadata__ is not an object");
    std::map<std::string, std::string> metadata;
    for (const auto &[key, item] : *value.object()) {
        if (!item.string())
            return corrupt("__metadata__ \"" + printable(key) + "\" is not a string");
        metadata.emplace(key, *item.string());
    }
    return metadata;
}

Result<DType> readType(const std::string &name, const Json *value)
{
    const std::string text = value ? value->stringOr("") : "";
    for (const auto &known : kTypes)
        if (known.text == text)
            return known.type;
    if (std::ranges::find(kLaterTypes, text) != kLaterTypes.end())
        return unsupported("tensor " + printable(name) + " has dtype " + text +
                               ", which is not supported yet",
                           "Convert the model to F32, F16 or BF16.");
    return corrupt("tensor " + printable(name) + " has the unknown dtype \"" + printable(text) + "\"");
}

std::optional<std::vector<std::int64_t>> wholeNumbers(const Json *value)
{
    if (!value || !value->array())
        return std::nullopt;
    std::vector<std::int64_t> numbers;
    for (const auto &item : *value->array()) {
        if (item.integerOr(-1) < 0)
            return std::nullopt;
        numbers.push_back(*item.integer());
    }
    return numbers;
}

Result<Placed> readTensor(const std::string &name, const Json &entry)
{
    TRY(const DType type, readType(name, entry.find("dtype")));
    for (const char *key : {"shape", "data_offsets"})
        if (!entry.find(key))
            return corrupt("tensor " + printable(name) + " has no " + key);
    const auto extents = wholeNumbers(entry.find("shape"));
    if (!extents)
        return corrupt("the shape of tensor " + printable(name) + " is not a list of whole numbers");
    TRY(TensorInfo info, checkedTensor(name, type, *extents));
    const auto offsets = wholeNumbers(entry.find("data_offsets"));
    if (!offsets || offsets->size() != 2 || offsets->front() > offsets->back())
        return corrupt("the data_offsets of tensor " + name + " are not two ascending whole numbers");
    const auto begin = std::uint64_t(offsets->front()), end = std::uint64_t(offsets->back());
    if (end - begin != info.bytes())
        return corrupt("the data_offsets of tensor " + name + " hold " + formatBytes(end - begin) +
                       ", its shape needs " + formatBytes(info.bytes()));
    return Placed{std::move(info), begin, end};
}

// Overlaps, holes and trailing bytes could hide data, so the format forbids them.
Result<> checkTiling(std::vector<Placed> &placed, std::uint64_t dataBytes)
{
    std::ranges::sort(placed, {}, [](const Placed &tensor) { return std::pair(tensor.begin, tensor.end); });
    std::uint64_t at = 0;
    for (const auto &tensor : placed) {
        if (tensor.begin != at)
            return corrupt("the data_offsets of tensor " + tensor.info.name +
                           (tensor.begin < at ? " overlap" : " leave a hole behind") +
                           " the tensor before it");
        at = tensor.end;
    }
    if (at != dataBytes)
        return corrupt("the data_offsets promise " + formatBytes(at) + ", but " + formatBytes(dataBytes) +
                       " follow the header");
    return {};
}

} // namespace

Result<std::unique_ptr<TensorFile>> openSafetensors(InputFile file)
{
    std::array<std::byte, 8> length;
    TRY_(file.read(0, length));
    const auto headerBytes = loadLittle<std::uint64_t>(length.data());
    TRY(const Json header, readHeader(file, headerBytes));
    std::vector<Placed> placed;
    std::map<std::string, std::string> metadata;
    for (const auto &[name, entry] : *header.object()) {
        if (name == kMetadataKey) {
            TRY(metadata, readMetadata(entry));
            continue;
        }
        TRY(Placed tensor, readTensor(name, entry));
        placed.push_back(std::move(tensor));
    }
    const std::uint64_t dataAt = 8 + headerBytes;
    TRY_(checkTiling(placed, file.bytes() - dataAt));
    return std::make_unique<Safetensors>(std::move(file), dataAt, placed, std::move(metadata));
}

} // namespace volary
