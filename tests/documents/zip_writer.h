// Zip archives for tests, the right ones and the wrong ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

namespace volary::test {

inline std::string deflated(std::string_view content)
{
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, uLong(content.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(content.data()));
    stream.avail_in = uInt(content.size());
    stream.next_out = reinterpret_cast<Bytef *>(packed.data());
    stream.avail_out = uInt(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

struct ZipPart {
    std::string name;
    std::string content;
    bool packed = true;
    std::int64_t claimedBytes = -1; // what the directory says; -1: the truth
};

inline void append(std::string &to, std::uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; ++i)
        to += i < 8 ? char(value >> (8 * i) & 0xFF) : char(0);
}

inline std::string zipOf(const std::vector<ZipPart> &parts)
{
    std::string file, directory;
    for (const ZipPart &part : parts) {
        const std::string stored = part.packed ? deflated(part.content) : part.content;
        const auto bytes = part.claimedBytes < 0 ? part.content.size() : std::uint64_t(part.claimedBytes);
        const std::size_t offset = file.size();
        std::string common;
        append(common, 20, 2); // version needed, flags, method, time and date, checksum
        append(common, 0, 2);
        append(common, part.packed ? 8 : 0, 2);
        append(common, 0, 4);
        append(common,
               crc32(0, reinterpret_cast<const Bytef *>(part.content.data()), uInt(part.content.size())), 4);
        append(common, stored.size(), 4);
        append(common, bytes, 4);
        append(common, part.name.size(), 2);
        append(common, 0, 2);
        file += "PK\x03\x04" + common + part.name + stored;
        directory += "PK\x01\x02";
        append(directory, 20, 2);
        directory += common;
        append(directory, 0, 10); // comment, disk, attributes
        append(directory, offset, 4);
        directory += part.name;
    }
    const std::size_t begin = file.size();
    file += directory + "PK\x05\x06";
    append(file, 0, 4);
    append(file, parts.size(), 2);
    append(file, parts.size(), 2);
    append(file, directory.size(), 4);
    append(file, begin, 4);
    append(file, 0, 2);
    return file;
}

// A book whose chapters are these bodies of XHTML.
inline std::vector<ZipPart> bookOf(const std::vector<std::string> &chapters)
{
    std::string manifest, spine;
    std::vector<ZipPart> parts{
        {"mimetype", "application/epub+zip", false},
        {"META-INF/container.xml",
         R"(<?xml version="1.0"?><container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>)"},
        {"OEBPS/book.opf", {}}};
    for (std::size_t i = 0; i < chapters.size(); ++i) {
        const std::string number = std::to_string(i);
        manifest += "<item id=\"c" + number + "\" href=\"text/a%20" + number + ".xhtml\"/>";
        spine += "<itemref idref=\"c" + number + "\"/>";
        parts.push_back({"OEBPS/text/a " + number + ".xhtml",
                         "<html><head><title>t</title></head><body>" + chapters[i] + "</body></html>"});
    }
    parts[2].content = "<package><metadata><dc:title>The Ducks &amp; I</dc:title></metadata><manifest>" +
                       manifest + "</manifest><spine>" + spine + "</spine></package>";
    return parts;
}

} // namespace volary::test
