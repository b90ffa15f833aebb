#include "core/io/gguf.h"

#include "core/base/text.h"
#include "core/io/checks.h"
#include "core/io/gguf_types.h"

#include <algorithm>
#include <array>
#include <limits>

namespace volary {
namespace {

using namespace gguf;

constexpr std::uint64_t kHeaderBytes = 24, kLeastKeyBytes = 12, kLeastTensorBytes = 24;
constexpr std::uint64_t kMaxKeyBytes = 65535;
constexpr std::uint64_t kMaxAlignment = 1 << 20;
constexpr std::uint64_t kMaxTensors = 1 << 20; // the largest models have a few thousand
constexpr std::uint64_t kMaxHeaderBytes = 1 << 30;
constexpr std::uint64_t kMaxArray = 1 << 24; // the largest vocabularies have a few hundred thousand entries
constexpr std::uint32_t kMaxRank = 4;
constexpr int kMaxArrayDepth = 2;

struct NamedType {
    std::uint32_t number;
    std::string_view text;
};
constexpr std::array kOtherTypes{
    NamedType{4, "Q4_2"},      NamedType{5, "Q4_3"},      NamedType{9, "Q8_1"},     NamedType{10, "Q2_K"},
    NamedType{11, "Q3_K"},     NamedType{15, "Q8_K"},     NamedType{16, "IQ2_XXS"}, NamedType{17, "IQ2_XS"},
    NamedType{18, "IQ3_XXS"},  NamedType{19, "IQ1_S"},    NamedType{20, "IQ4_NL"},  NamedType{21, "IQ3_S"},
    NamedType{22, "IQ2_S"},    NamedType{23, "IQ4_XS"},   NamedType{29, "IQ1_M"},   NamedType{31, "Q4_0_4_4"},
    NamedType{32, "Q4_0_4_8"}, NamedType{33, "Q4_0_8_8"}, NamedType{34, "TQ1_0"},   NamedType{35, "TQ2_0"},
    NamedType{39, "MXFP4"}};

Result<DType> typeOf(std::uint32_t number, const std::string &tensor)
{
    for (const auto &known : kTypes) {
        if (known.number == number)
            return known.type;
    }
    for (const auto &other : kOtherTypes) {
        if (other.number == number)
            return unsupported("the type of tensor " + tensor + " is " + std::string(other.text) +
                                   ", which Volary does not read",
                               "Choose a file of the model as F16, BF16, Q8_0, Q6_K, Q5_K or Q4_K.");
    }
    return corrupt("tensor " + tensor + " has the unknown type " + std::to_string(number));
}

// Reads the header front to back through a window, so that memory stays small whatever the counts say.
class Reader {
public:
    explicit Reader(const InputFile &file) : m_file(file) {}

    std::uint64_t at() const { return m_at; }
    std::uint64_t left() const { return std::min(m_file.bytes(), kMaxHeaderBytes) - m_at; }

    Result<> read(std::span<std::byte> to, const std::string &what)
    {
        if (to.size() > left())
            return corrupt("the file ends inside " + what);
        while (!to.empty()) {
            if (m_at < m_windowAt || m_at >= m_windowAt + m_window.size()) {
                TRY_(fill());
            }
            const auto skip = std::size_t(m_at - m_windowAt);
            const std::size_t count = std::min(to.size(), m_window.size() - skip);
            std::copy_n(m_window.begin() + std::ptrdiff_t(skip), count, to.begin());
            to = to.subspan(count);
            m_at += count;
        }
        return {};
    }

    template <typename T>
    Result<T> number(const std::string &what)
    {
        std::array<std::byte, sizeof(T)> raw;
        TRY_(read(raw, what));
        return loadLittle<T>(raw.data());
    }

    Result<std::string> string(const std::string &what, std::uint64_t most)
    {
        TRY(const auto length, number<std::uint64_t>(what));
        if (length > most || length > left())
            return corrupt("the length of " + what + " is " + formatCount(length) + ", but " +
                           formatCount(std::min(most, left())) + " bytes are possible");
        std::string text(std::size_t(length), '\0');
        TRY_(read(std::as_writable_bytes(std::span(text)), what));
        return text;
    }

private:
    Result<> fill()
    {
        constexpr std::uint64_t kWindow = 64 << 10;
        m_window.resize(std::size_t(std::min(kWindow, m_file.bytes() - m_at)));
        m_windowAt = m_at;
        return m_file.read(m_at, m_window);
    }

    const InputFile &m_file;
    std::uint64_t m_at = 0;
    std::vector<std::byte> m_window;
    std::uint64_t m_windowAt = 0;
};

class Gguf final : public TensorFile {
public:
    explicit Gguf(InputFile file) : TensorFile(file.path()), m_file(std::move(file)) {}

    std::string_view format() const override { return "gguf"; }
    std::span<const TensorInfo> tensors() const override { return m_tensors; }
    const std::map<std::string, std::string> &metadata() const override { return m_texts; }
    const std::shared_ptr<const GgufMetadata> &values() const { return m_metadata; }

    Result<> read(std::size_t index, std::span<std::byte> to) const override
    {
        return m_file.read(m_dataAt + m_offsets[index], to);
    }

    Result<> parse();

private:
    using Values = std::map<std::string, GgufValue, std::less<>>;
    Result<> readKey(Reader &reader, Values &values);
    Result<GgufValue> readValue(Reader &reader, std::uint32_t type, const std::string &what, int depth);
    Result<GgufValue> readArray(Reader &reader, const std::string &what, int depth);
    Result<> readTensor(Reader &reader);
    Result<> readAlignment();
    Result<> checkPlaces() const;

    InputFile m_file;
    std::shared_ptr<const GgufMetadata> m_metadata;
    std::map<std::string, std::string> m_texts;
    std::vector<TensorInfo> m_tensors;
    std::vector<std::uint64_t> m_offsets;
    std::uint64_t m_alignment = kUsualAlignment;
    std::uint64_t m_dataAt = 0;
};

std::optional<std::uint64_t> bytesOfValue(std::uint32_t type)
{
    switch (type) {
    case U8:
    case I8:
    case Bool: return 1;
    case U16:
    case I16: return 2;
    case U32:
    case I32:
    case F32: return 4;
    case U64:
    case I64:
    case F64:
    case String: return 8; // of a string at least, its length
    case Array: return 12; // at least: type and count
    default: return std::nullopt;
    }
}

Result<GgufValue> Gguf::readValue(Reader &reader, std::uint32_t type, const std::string &what, int depth)
{
    const auto whole = [&]<typename T>(T) -> Result<GgufValue> {
        TRY(const T value, reader.number<T>(what));
        return GgufValue{std::int64_t(value)};
    };
    switch (type) {
    case U8: return whole(std::uint8_t());
    case I8: return whole(std::int8_t());
    case U16: return whole(std::uint16_t());
    case I16: return whole(std::int16_t());
    case U32: return whole(std::uint32_t());
    case I32: return whole(std::int32_t());
    case I64: return whole(std::int64_t());
    case U64: {
        TRY(const auto value, reader.number<std::uint64_t>(what));
        if (value > std::uint64_t(std::numeric_limits<std::int64_t>::max()))
            return GgufValue{value};
        return GgufValue{std::int64_t(value)};
    }
    case F32: {
        TRY(const auto value, reader.number<float>(what));
        return GgufValue{double(value)};
    }
    case F64: {
        TRY(const auto value, reader.number<double>(what));
        return GgufValue{value};
    }
    case Bool: {
        TRY(const auto value, reader.number<std::uint8_t>(what));
        if (value > 1)
            return corrupt(what + " is a bool of " + std::to_string(value) + " instead of 0 or 1");
        return GgufValue{value == 1};
    }
    case String: {
        TRY(std::string value, reader.string(what, kMaxHeaderBytes));
        return GgufValue{std::move(value)};
    }
    case Array: return readArray(reader, what, depth + 1);
    default: return corrupt(what + " has the unknown value type " + std::to_string(type));
    }
}

Result<GgufValue> Gguf::readArray(Reader &reader, const std::string &what, int depth)
{
    if (depth > kMaxArrayDepth)
        return corrupt(what + " has arrays nested deeper than " + std::to_string(kMaxArrayDepth));
    TRY(const auto type, reader.number<std::uint32_t>(what));
    TRY(const auto count, reader.number<std::uint64_t>(what));
    const auto least = bytesOfValue(type);
    if (!least)
        return corrupt(what + " is an array of the unknown value type " + std::to_string(type));
    if (count > kMaxArray || count > reader.left() / *least)
        return corrupt("the count of the array " + what + " is " + formatCount(count) +
                       ", more than the file can hold");
    GgufValue::Strings strings;
    GgufValue::Integers integers;
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY(GgufValue element, readValue(reader, type, what, depth));
        if (auto *text = std::get_if<std::string>(&element.value))
            strings.push_back(std::move(*text));
        else if (const auto *integer = std::get_if<std::int64_t>(&element.value))
            integers.push_back(*integer);
    }
    if (type == String)
        return GgufValue{std::move(strings)};
    if (integers.size() == count && type != F32 && type != F64 && type != Bool && type != Array)
        return GgufValue{std::move(integers)};
    return GgufValue{GgufValue::Skipped{count}};
}

Result<> Gguf::readKey(Reader &reader, Values &values)
{
    const std::string where = "the key at byte " + formatCount(reader.at());
    TRY(const std::string key, reader.string(where, kMaxKeyBytes));
    if (key.empty() || !isValidUtf8(key))
        return corrupt(where + " is empty or not UTF-8");
    const std::string what = "key " + printable(key);
    TRY(const auto type, reader.number<std::uint32_t>(what));
    TRY(GgufValue value, readValue(reader, type, what, 0));
    if (const auto *text = std::get_if<std::string>(&value.value))
        m_texts.emplace(key, *text);
    else if (const auto *integer = std::get_if<std::int64_t>(&value.value))
        m_texts.emplace(key, std::to_string(*integer));
    if (!values.emplace(key, std::move(value)).second)
        return corrupt("duplicate " + what);
    return {};
}

Result<> Gguf::readTensor(Reader &reader)
{
    const std::string where = "the tensor entry at byte " + formatCount(reader.at());
    TRY(const std::string key, reader.string("the name in " + where, kMaxKeyBytes));
    const std::string name = printable(key);
    TRY(const auto rank, reader.number<std::uint32_t>(where));
    if (rank < 1 || rank > kMaxRank)
        return corrupt("tensor " + name + " has n_dims " + std::to_string(rank) + " instead of 1 to 4");
    std::vector<std::int64_t> extents(rank);
    for (std::uint32_t i = rank; i-- > 0;) { // in the file the fastest dimension comes first
        TRY(const auto extent, reader.number<std::uint64_t>(where));
        if (extent == 0 || extent > std::uint64_t(std::numeric_limits<std::int64_t>::max()))
            return corrupt("tensor " + name + " has a dimension of " + formatCount(extent));
        extents[i] = std::int64_t(extent);
    }
    TRY(const auto typeNumber, reader.number<std::uint32_t>(where));
    TRY(const DType type, typeOf(typeNumber, name));
    TRY(const auto offset, reader.number<std::uint64_t>(where));
    TRY(TensorInfo info, checkedTensor(key, type, extents));
    if (offset % m_alignment != 0)
        return corrupt("the offset " + formatCount(offset) + " of tensor " + name +
                       " is no multiple of the alignment " + std::to_string(m_alignment));
    m_tensors.push_back(std::move(info));
    m_offsets.push_back(offset);
    return {};
}

Result<> Gguf::readAlignment()
{
    if (!m_metadata->find("general.alignment"))
        return {};
    const std::int64_t alignment = m_metadata->integer("general.alignment").value_or(0);
    if (alignment <= 0 || std::uint64_t(alignment) > kMaxAlignment || (alignment & (alignment - 1)) != 0)
        return corrupt("general.alignment is " + std::to_string(alignment) +
                       " instead of a power of two up to " + std::to_string(kMaxAlignment));
    m_alignment = std::uint64_t(alignment);
    return {};
}

Result<> Gguf::checkPlaces() const
{
    struct Place {
        std::uint64_t begin, end;
        const TensorInfo *tensor;
    };
    std::vector<Place> places;
    for (std::size_t i = 0; i < m_tensors.size(); ++i) {
        const TensorInfo &tensor = m_tensors[i];
        if (!fits(m_dataAt, m_offsets[i], m_file.bytes()) ||
            !fits(m_dataAt + m_offsets[i], tensor.bytes(), m_file.bytes()))
            return corrupt("tensor " + tensor.name + " at offset " + formatCount(m_offsets[i]) + " with " +
                           formatBytes(tensor.bytes()) + " goes past the end of the file");
        places.push_back({m_offsets[i], m_offsets[i] + tensor.bytes(), &tensor});
    }
    std::ranges::sort(places, {}, &Place::begin);
    for (std::size_t i = 1; i < places.size(); ++i) {
        if (places[i].begin < places[i - 1].end)
            return corrupt("the offsets of the tensors " + places[i - 1].tensor->name + " and " +
                           places[i].tensor->name + " overlap");
    }
    return {};
}

Result<> Gguf::parse()
{
    Reader reader(m_file);
    if (m_file.bytes() < kHeaderBytes)
        return corrupt("the file ends inside its header");
    TRY([[maybe_unused]] const auto magic, reader.number<std::uint32_t>("the magic"));
    TRY(const auto version, reader.number<std::uint32_t>("the version"));
    if (version != 0 && (version & 0xFFFF) == 0)
        return unsupported("its version is byte-swapped: the file is big-endian",
                           "Use the little-endian file of the model.");
    if (version < kOldestVersion || version > kNewestVersion)
        return unsupported("its version is " + std::to_string(version) + "; only 2 and 3 are known",
                           "Convert the model again with a current tool.");
    TRY(const auto tensorCount, reader.number<std::uint64_t>("tensor_count"));
    TRY(const auto keyCount, reader.number<std::uint64_t>("kv_count"));
    if (keyCount > reader.left() / kLeastKeyBytes)
        return corrupt("the kv_count " + formatCount(keyCount) + " does not fit a file of " +
                       formatBytes(m_file.bytes()));
    if (tensorCount > kMaxTensors || tensorCount > reader.left() / kLeastTensorBytes)
        return corrupt("the tensor_count " + formatCount(tensorCount) + " does not fit a file of " +
                       formatBytes(m_file.bytes()));
    Values values;
    for (std::uint64_t i = 0; i < keyCount; ++i) {
        TRY_(readKey(reader, values));
    }
    m_metadata = std::make_shared<const GgufMetadata>(std::move(values));
    TRY_(readAlignment());
    if (!m_metadata->string("general.architecture"))
        return corrupt("the key general.architecture is missing or no string");
    if (m_metadata->integer("split.count").value_or(1) > 1)
        return unsupported("it is one of " + std::to_string(*m_metadata->integer("split.count")) +
                               " files that make up a model (split.count)",
                           "Merge them with llama-gguf-split first.");
    for (std::uint64_t i = 0; i < tensorCount; ++i) {
        TRY_(readTensor(reader));
    }
    m_dataAt = (reader.at() + m_alignment - 1) / m_alignment * m_alignment;
    TRY_(refuseDuplicates(m_tensors));
    return checkPlaces();
}

} // namespace

const GgufValue *GgufMetadata::find(std::string_view key) const
{
    const auto found = m_values.find(key);
    return found == m_values.end() ? nullptr : &found->second;
}

template <typename T>
static const T *valueAs(const GgufValue *found)
{
    return found ? std::get_if<T>(&found->value) : nullptr;
}

std::optional<std::int64_t> GgufMetadata::integer(std::string_view key) const
{
    const auto *value = valueAs<std::int64_t>(find(key));
    return value ? std::optional(*value) : std::nullopt;
}

std::optional<double> GgufMetadata::number(std::string_view key) const
{
    if (const auto whole = integer(key))
        return double(*whole);
    const auto *value = valueAs<double>(find(key));
    return value ? std::optional(*value) : std::nullopt;
}

const std::string *GgufMetadata::string(std::string_view key) const
{
    return valueAs<std::string>(find(key));
}

const GgufValue::Strings *GgufMetadata::strings(std::string_view key) const
{
    return valueAs<GgufValue::Strings>(find(key));
}

const GgufValue::Integers *GgufMetadata::integers(std::string_view key) const
{
    return valueAs<GgufValue::Integers>(find(key));
}

std::shared_ptr<const GgufMetadata> ggufMetadata(const TensorFile &file)
{
    const auto *gguf = dynamic_cast<const Gguf *>(&file);
    return gguf ? gguf->values() : nullptr;
}

Result<std::unique_ptr<TensorFile>> openGguf(InputFile file)
{
    auto opened = std::make_unique<Gguf>(std::move(file));
    TRY_(opened->parse());
    return Result<std::unique_ptr<TensorFile>>(std::move(opened));
}

} // namespace volary
