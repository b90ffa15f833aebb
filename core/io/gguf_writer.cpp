#include "core/io/gguf_writer.h"

#include "core/base/check.h"
#include "core/base/file.h"
#include "core/io/gguf_types.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace volary {

namespace {

class Header {
public:
    template <typename T>
    void number(T value)
    {
        append(&value, sizeof value);
    }
    void string(const std::string &text)
    {
        number(std::uint64_t(text.size()));
        append(text.data(), text.size());
    }
    void value(const GgufValue &value);
    void pad() { m_bytes.resize(padded(m_bytes.size())); }
    std::vector<std::byte> take() { return std::move(m_bytes); }

    static std::size_t padded(std::size_t bytes)
    {
        constexpr std::size_t alignment = gguf::kUsualAlignment;
        return (bytes + alignment - 1) / alignment * alignment;
    }

private:
    void whole(std::int64_t value);
    void append(const void *from, std::size_t bytes)
    {
        const std::size_t at = m_bytes.size();
        m_bytes.resize(at + bytes);
        if (bytes > 0)
            std::memcpy(m_bytes.data() + at, from, bytes);
    }

    std::vector<std::byte> m_bytes;
};

void Header::whole(std::int64_t value)
{
    if (value >= 0 && value <= std::numeric_limits<std::uint32_t>::max()) {
        number(std::uint32_t(gguf::U32));
        number(std::uint32_t(value));
    } else {
        number(std::uint32_t(gguf::I64));
        number(value);
    }
}

void Header::value(const GgufValue &given)
{
    const auto &value = given.value;
    if (const bool *flag = std::get_if<bool>(&value)) {
        number(std::uint32_t(gguf::Bool));
        number(std::uint8_t(*flag));
    } else if (const auto *signedNumber = std::get_if<std::int64_t>(&value)) {
        whole(*signedNumber);
    } else if (const auto *unsignedNumber = std::get_if<std::uint64_t>(&value)) {
        number(std::uint32_t(gguf::U64));
        number(*unsignedNumber);
    } else if (const double *real = std::get_if<double>(&value)) {
        number(std::uint32_t(gguf::F32));
        number(float(*real));
    } else if (const auto *text = std::get_if<std::string>(&value)) {
        number(std::uint32_t(gguf::String));
        string(*text);
    } else if (const auto *texts = std::get_if<GgufValue::Strings>(&value)) {
        number(std::uint32_t(gguf::Array));
        number(std::uint32_t(gguf::String));
        number(std::uint64_t(texts->size()));
        for (const std::string &each : *texts)
            string(each);
    } else if (const auto *integers = std::get_if<GgufValue::Integers>(&value)) {
        number(std::uint32_t(gguf::Array));
        number(std::uint32_t(gguf::I32));
        number(std::uint64_t(integers->size()));
        for (const std::int64_t each : *integers)
            number(std::int32_t(each));
    } else {
        VOLARY_CHECK(false, "values that were skipped when reading cannot be written");
    }
}

std::uint32_t numberOf(DType type)
{
    const auto found = std::ranges::find(gguf::kTypes, type, &gguf::TypeNumber::type);
    VOLARY_CHECK(found != gguf::kTypes.end(), "GGUF has no such type");
    return found->number;
}

std::vector<std::byte> makeHeader(const GgufKeys &keys, std::span<const GgufTensor> tensors)
{
    Header header;
    header.number(gguf::kMagic);
    header.number(gguf::kNewestVersion);
    header.number(std::uint64_t(tensors.size()));
    header.number(std::uint64_t(keys.size()));
    for (const auto &[key, value] : keys) {
        header.string(key);
        header.value(value);
    }
    std::uint64_t offset = 0;
    for (const GgufTensor &tensor : tensors) {
        VOLARY_CHECK(tensor.shape.rank() >= 1 && tensor.shape.rank() <= 4, "GGUF has 1 to 4 dimensions");
        header.string(tensor.name);
        header.number(std::uint32_t(tensor.shape.rank()));
        for (int i = tensor.shape.rank(); i-- > 0;)
            header.number(std::uint64_t(tensor.shape[i]));
        header.number(numberOf(tensor.type));
        header.number(offset);
        offset += Header::padded(bytesOf(tensor.type, tensor.shape.elements()));
    }
    header.pad();
    return header.take();
}

} // namespace

Result<> writeGguf(const std::filesystem::path &path, const GgufKeys &keys,
                   std::span<const GgufTensor> tensors,
                   const std::function<Result<std::vector<std::byte>>(std::size_t)> &bytesOf)
{
    std::size_t next = 0;
    bool begun = false;
    return writeFileAtomically(path, [&]() -> Result<std::optional<std::vector<std::byte>>> {
        if (!std::exchange(begun, true))
            return std::optional(makeHeader(keys, tensors));
        if (next == tensors.size())
            return std::optional<std::vector<std::byte>>();
        const GgufTensor &tensor = tensors[next];
        TRY(std::vector<std::byte> bytes, bytesOf(next++));
        VOLARY_CHECK(bytes.size() == volary::bytesOf(tensor.type, tensor.shape.elements()),
                     "a tensor's bytes must match its shape");
        bytes.resize(Header::padded(bytes.size()));
        return std::optional(std::move(bytes));
    });
}

} // namespace volary
