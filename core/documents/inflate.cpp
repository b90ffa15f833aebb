#include "core/documents/inflate.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>

#include <zlib.h>

namespace volary {
namespace {

constexpr std::size_t kInputBytes = 64u << 10;
// Deflate cannot pack denser than this: whoever claims more wants memory.
constexpr std::uint64_t kDensest = 1032;

Error damaged(const ZipEntry &entry)
{
    return {ErrorCode::Corrupt, "the packed entry " + printable(entry.name) + " is damaged", ""};
}

class Inflater {
public:
    Inflater() : m_ready(inflateInit2(&m_stream, -MAX_WBITS) == Z_OK) {}
    ~Inflater()
    {
        if (m_ready)
            inflateEnd(&m_stream);
    }
    Inflater(const Inflater &) = delete;
    Inflater &operator=(const Inflater &) = delete;

    bool ready() const { return m_ready; }
    z_stream &stream() { return m_stream; }

private:
    z_stream m_stream{};
    bool m_ready;
};

Result<> unpack(const InputFile &file, const ZipEntry &entry, std::string &to)
{
    Inflater inflater;
    if (!inflater.ready())
        return Error{ErrorCode::OutOfMemory,
                     "There is not enough memory to unpack " + printable(entry.name) + ".", ""};
    z_stream &stream = inflater.stream();
    stream.next_out = reinterpret_cast<Bytef *>(to.data());
    stream.avail_out = uInt(to.size());
    std::array<std::byte, kInputBytes> input;
    int state = Z_OK;
    for (std::uint64_t read = 0; read < entry.stored && state == Z_OK;) {
        const auto piece =
            std::span(input).first(std::size_t(std::min<std::uint64_t>(kInputBytes, entry.stored - read)));
        TRY_(file.read(entry.offset + read, piece));
        read += piece.size();
        stream.next_in = reinterpret_cast<Bytef *>(piece.data());
        stream.avail_in = uInt(piece.size());
        state = inflate(&stream, Z_NO_FLUSH);
    }
    if (state != Z_STREAM_END || stream.avail_out != 0)
        return damaged(entry);
    return {};
}

} // namespace

Result<std::string> readZipEntry(const InputFile &file, const ZipEntry &entry, std::uint64_t limit)
{
    if (entry.bytes > limit)
        return Error{ErrorCode::Unsupported,
                     format("the entry %s has %s; at most %s are read", printable(entry.name).c_str(),
                            formatBytes(entry.bytes).c_str(), formatBytes(limit).c_str()),
                     ""};
    if (entry.deflated && entry.bytes / kDensest > entry.stored)
        return damaged(entry);
    std::string content(std::size_t(entry.bytes), '\0');
    if (entry.deflated)
        TRY_(unpack(file, entry, content));
    else
        TRY_(file.read(entry.offset, std::as_writable_bytes(std::span(content))));
    return content;
}

} // namespace volary
