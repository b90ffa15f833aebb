#include "core/io/zip.h"

#include "core/base/text.h"
#include "core/io/checks.h"

#include <algorithm>
#include <set>

namespace volary {
namespace {

constexpr std::uint32_t kEndMagic = 0x06054B50, kEnd64Magic = 0x06064B50, kLocator64Magic = 0x07064B50;
constexpr std::uint32_t kCentralMagic = 0x02014B50, kLocalMagic = 0x04034B50;
constexpr std::size_t kEndBytes = 22, kLocator64Bytes = 20, kEnd64Bytes = 56, kCentralBytes = 46,
                      kLocalBytes = 30;
constexpr std::size_t kMaxComment = 65535;
constexpr std::uint64_t kMaxDirectoryBytes = std::uint64_t(64) << 20; // 300,000 entries of the usual length
constexpr std::uint16_t kEncrypted = 1, kZip64Extra = 1, kStored = 0, kDeflated = 8;
constexpr std::uint32_t kSeeZip64 = 0xFFFFFFFF;

struct Directory {
    std::uint64_t offset, bytes, entries;
};

// `field` says where the bytes should lie, should it be wrong.
Result<std::vector<std::byte>> bytesAt(const InputFile &file, std::uint64_t offset, std::uint64_t count,
                                       std::string_view field)
{
    if (!fits(offset, count, file.bytes()))
        return corrupt(std::string(field) + " points beyond the end of the file");
    std::vector<std::byte> bytes(static_cast<std::size_t>(count));
    TRY_(file.read(offset, bytes));
    return bytes;
}

template <typename T>
T field(std::span<const std::byte> record, std::size_t at)
{
    return loadLittle<T>(record.data() + at);
}

Result<Directory> readZip64End(const InputFile &file, std::uint64_t endOffset)
{
    if (endOffset < kLocator64Bytes)
        return corrupt("the zip archive has no ZIP64 locator");
    TRY(const auto locator, bytesAt(file, endOffset - kLocator64Bytes, kLocator64Bytes, "the ZIP64 locator"));
    if (field<std::uint32_t>(locator, 0) != kLocator64Magic)
        return corrupt("the zip archive has no ZIP64 locator");
    TRY(const auto end, bytesAt(file, field<std::uint64_t>(locator, 8), kEnd64Bytes,
                                "the zip archive's offset of the ZIP64 end record"));
    if (field<std::uint32_t>(end, 0) != kEnd64Magic)
        return corrupt("the zip archive's offset of the ZIP64 end record leads to none");
    if (field<std::uint32_t>(end, 16) != 0 || field<std::uint32_t>(end, 20) != 0)
        return unsupported("the zip archive spans several disks");
    return Directory{field<std::uint64_t>(end, 48), field<std::uint64_t>(end, 40),
                     field<std::uint64_t>(end, 32)};
}

// The end record is the last one in the file; a comment of up to 64 KiB may follow it.
Result<Directory> findDirectory(const InputFile &file)
{
    const std::uint64_t window = std::min<std::uint64_t>(file.bytes(), kEndBytes + kMaxComment);
    TRY(const auto tail, bytesAt(file, file.bytes() - window, window, "the end record"));
    if (tail.size() < kEndBytes)
        return corrupt("the file is too short for a zip archive");
    for (std::size_t at = tail.size() - kEndBytes + 1; at-- > 0;) {
        const auto end = std::span(tail).subspan(at);
        if (field<std::uint32_t>(end, 0) != kEndMagic)
            continue;
        const Directory directory{field<std::uint32_t>(end, 16), field<std::uint32_t>(end, 12),
                                  field<std::uint16_t>(end, 10)};
        if (directory.offset == kSeeZip64 || directory.bytes == kSeeZip64 || directory.entries == 0xFFFF)
            return readZip64End(file, file.bytes() - window + at);
        if (field<std::uint16_t>(end, 4) != 0 || field<std::uint16_t>(end, 6) != 0)
            return unsupported("the zip archive spans several disks");
        return directory;
    }
    return corrupt("the zip archive has no end record: the file is cut off");
}

// Replaces 32-bit fields that say "see ZIP64" by those of the extra field, which holds just them, in this
// order.
Result<> applyZip64(std::span<const std::byte> extra, std::uint64_t &bytes, std::uint64_t &stored,
                    std::uint64_t &offset)
{
    while (extra.size() >= 4) {
        const auto id = field<std::uint16_t>(extra, 0), size = field<std::uint16_t>(extra, 2);
        extra = extra.subspan(4);
        if (size > extra.size())
            return corrupt("a zip entry's extra field has a length beyond its end");
        if (id == kZip64Extra) {
            std::span<const std::byte> values = extra.first(size);
            for (std::uint64_t *value : {&bytes, &stored, &offset}) {
                if (*value != kSeeZip64)
                    continue;
                if (values.size() < 8)
                    return corrupt("the ZIP64 field of a zip entry is too short for its sizes and offset");
                *value = field<std::uint64_t>(values, 0);
                values = values.subspan(8);
            }
            return {};
        }
        extra = extra.subspan(size);
    }
    return {};
}

Result<> checkName(const std::string &name)
{
    const bool harmless = !name.empty() && printable(name, name.size()) == name && name[0] != '/' &&
                          name.find('\\') == std::string::npos && name.find("..") == std::string::npos;
    if (!harmless)
        return corrupt("the zip archive holds an entry with the unsafe name \"" + printable(name) + "\"");
    return {};
}

// The local header counts only for the lengths of what precedes the data; everything else is the directory's.
Result<std::uint64_t> dataOffset(const InputFile &file, std::uint64_t headerOffset, const std::string &name)
{
    const std::string what = "the header offset of the zip entry " + name;
    TRY(const auto header, bytesAt(file, headerOffset, kLocalBytes, what));
    if (field<std::uint32_t>(header, 0) != kLocalMagic)
        return corrupt(what + " leads to no header");
    if (field<std::uint16_t>(header, 26) != name.size())
        return corrupt("the name length of the zip entry " + name + " is another one in its header");
    return headerOffset + kLocalBytes + field<std::uint16_t>(header, 26) + field<std::uint16_t>(header, 28);
}

Result<> checkMethod(const std::string &name, std::uint16_t method, std::uint64_t bytes, std::uint64_t stored,
                     ZipEntries kinds)
{
    if (method == kStored && bytes != stored)
        return corrupt("the zip entry " + name + " has " + formatCount(bytes) + " bytes, stored in " +
                       formatCount(stored));
    if (method == kStored || (method == kDeflated && kinds != ZipEntries::Stored))
        return {};
    if (kinds == ZipEntries::Stored)
        return unsupported(
            format("the zip entry %s is compressed (method %d); PyTorch stores its entries plainly",
                   name.c_str(), int(method)),
            "Save the model again with torch.save.");
    return unsupported(format("the zip entry %s is packed by the method %d, which Volary does not know",
                              name.c_str(), int(method)));
}

// `before`: the name of the entry before, empty for the first.
Result<ZipEntry> readEntry(const InputFile &file, std::span<const std::byte> &directory,
                           const std::string &before, ZipEntries kinds)
{
    if (directory.size() < kCentralBytes || field<std::uint32_t>(directory, 0) != kCentralMagic)
        return corrupt(before.empty()
                           ? "the zip archive's directory offset leads to no entry"
                           : "no entry follows the zip entry " + before +
                                 ": its name, extra or comment length or the number of entries is wrong");
    const auto flags = field<std::uint16_t>(directory, 8), method = field<std::uint16_t>(directory, 10);
    std::uint64_t stored = field<std::uint32_t>(directory, 20), bytes = field<std::uint32_t>(directory, 24);
    std::uint64_t headerOffset = field<std::uint32_t>(directory, 42);
    const std::size_t nameBytes = field<std::uint16_t>(directory, 28),
                      extraBytes = field<std::uint16_t>(directory, 30),
                      commentBytes = field<std::uint16_t>(directory, 32);
    const std::size_t total = kCentralBytes + nameBytes + extraBytes + commentBytes;
    if (directory.size() < total)
        return corrupt("the name, extra or comment length of a zip entry reaches beyond the directory");
    const std::string name(reinterpret_cast<const char *>(directory.data()) + kCentralBytes, nameBytes);
    TRY_(checkName(name));
    TRY_(applyZip64(directory.subspan(kCentralBytes + nameBytes, extraBytes), bytes, stored, headerOffset));
    directory = directory.subspan(total);
    if ((flags & kEncrypted) != 0)
        return unsupported("the zip entry " + name + " is encrypted");
    TRY_(checkMethod(name, method, bytes, stored, kinds));
    TRY(const std::uint64_t offset, dataOffset(file, headerOffset, name));
    if (!fits(offset, stored, file.bytes()))
        return corrupt("the bytes of the zip entry " + name + " reach beyond the end of the file");
    return ZipEntry{name, offset, stored, bytes, method == kDeflated};
}

Result<> refuseOverlaps(const std::vector<ZipEntry> &entries)
{
    std::vector<const ZipEntry *> ordered;
    for (const ZipEntry &entry : entries) {
        if (entry.stored > 0)
            ordered.push_back(&entry);
    }
    std::ranges::sort(ordered, {}, &ZipEntry::offset);
    for (std::size_t i = 1; i < ordered.size(); ++i) {
        if (ordered[i]->offset < ordered[i - 1]->offset + ordered[i - 1]->stored)
            return corrupt("the zip entries " + ordered[i - 1]->name + " and " + ordered[i]->name +
                           " overlap");
    }
    return {};
}

} // namespace

Result<std::vector<ZipEntry>> readZipDirectory(const InputFile &file, ZipEntries kinds)
{
    TRY(const Directory directory, findDirectory(file));
    if (directory.bytes > kMaxDirectoryBytes || directory.entries > directory.bytes / kCentralBytes)
        return corrupt("the zip archive's directory claims " + formatCount(directory.entries) +
                       " entries in " + formatBytes(directory.bytes));
    TRY(const auto bytes,
        bytesAt(file, directory.offset, directory.bytes, "the zip archive's directory offset or size"));
    std::span<const std::byte> rest = bytes;
    std::vector<ZipEntry> entries;
    std::set<std::string> names;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
        TRY(ZipEntry entry,
            readEntry(file, rest, entries.empty() ? std::string() : entries.back().name, kinds));
        if (!names.insert(entry.name).second)
            return corrupt("the zip archive holds a duplicate entry " + entry.name);
        entries.push_back(std::move(entry));
    }
    if (!rest.empty())
        return corrupt("the zip archive's directory has " + formatCount(rest.size()) +
                       " bytes more than its number of entries needs");
    TRY_(refuseOverlaps(entries));
    return entries;
}

} // namespace volary
