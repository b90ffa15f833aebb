#include "core/documents/epub.h"

#include "core/base/text.h"
#include "core/documents/document.h"
#include "core/documents/inflate.h"
#include "core/documents/markup.h"

#include <algorithm>
#include <map>

namespace volary {
namespace {

using Kind = MarkupPiece::Kind;

constexpr std::uint64_t kMaxPackageBytes = std::uint64_t(8) << 20;
constexpr std::uint64_t kMaxChapterBytes = std::uint64_t(64) << 20;
constexpr std::size_t kMaxChapters = 10'000;
constexpr std::size_t kUntitledMatters = 400; // bytes: shorter ones are title pages and the like

using Entries = std::map<std::string, ZipEntry>;

Error notABook(std::string what)
{
    return {ErrorCode::Corrupt, std::move(what), "Download the book again, or open it as HTML or text."};
}

Result<std::string> content(const InputFile &file, const Entries &entries, const std::string &name,
                            std::uint64_t limit)
{
    const auto found = entries.find(name);
    if (found == entries.end())
        return notABook("the book has no " + printable(name) + " inside");
    return readZipEntry(file, found->second, limit);
}

int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

// A reference inside the package as a name of the archive: "../Text/a%20b.xhtml#c" seen from "OEBPS/x/p.opf".
std::string resolve(const std::string &from, std::string_view reference)
{
    std::string name = from.substr(0, from.rfind('/') + 1);
    reference = reference.substr(0, reference.find('#'));
    for (std::size_t at = 0; at < reference.size(); ++at) {
        if (reference[at] == '%' && at + 2 < reference.size() && digit(reference[at + 1]) >= 0 &&
            digit(reference[at + 2]) >= 0) {
            name += char(digit(reference[at + 1]) * 16 + digit(reference[at + 2]));
            at += 2;
        } else {
            name += reference[at];
        }
    }
    for (std::size_t up = name.find("../"); up != std::string::npos; up = name.find("../")) {
        const std::size_t parent = up < 2 ? std::string::npos : name.rfind('/', up - 2);
        name.erase(parent == std::string::npos ? 0 : parent + 1,
                   up + 3 - (parent == std::string::npos ? 0 : parent + 1));
    }
    return name;
}

Result<std::string> packageName(const InputFile &file, const Entries &entries)
{
    TRY(const std::string container, content(file, entries, "META-INF/container.xml", kMaxPackageBytes));
    MarkupScanner scanner(container);
    while (const auto piece = scanner.next()) {
        if (piece->kind != Kind::Open || piece->name != "rootfile")
            continue;
        if (auto path = piece->attribute("full-path"))
            return std::move(*path);
    }
    return notABook("the book's container names no package");
}

struct Package {
    std::string title;
    std::vector<std::string> chapters; // names in the archive
};

Result<Package> readPackage(const InputFile &file, const Entries &entries)
{
    TRY(const std::string name, packageName(file, entries));
    TRY(const std::string xml, content(file, entries, name, kMaxPackageBytes));
    Package package;
    std::map<std::string, std::string> items; // id -> name
    MarkupScanner scanner(xml);
    bool inTitle = false;
    while (const auto piece = scanner.next()) {
        if (piece->kind == Kind::Text && inTitle) {
            package.title = readHtml(piece->content, MarkupKind::Xhtml).text;
            inTitle = false;
        }
        if (piece->kind != Kind::Open)
            continue;
        if (piece->name == "title")
            inTitle = package.title.empty();
        if (piece->name == "item") {
            const auto id = piece->attribute("id"), reference = piece->attribute("href");
            if (id && reference)
                items[*id] = resolve(name, *reference);
        }
        if (piece->name == "itemref") {
            const auto found = items.find(piece->attribute("idref").value_or(""));
            if (found != items.end() && piece->attribute("linear").value_or("yes") != "no")
                package.chapters.push_back(found->second);
            if (package.chapters.size() > kMaxChapters)
                return notABook(format("the book has more than %zu chapters", kMaxChapters));
        }
    }
    if (package.chapters.empty())
        return notABook("the book's package names no chapters");
    return package;
}

void append(PlainText &book, PlainText chapter, std::size_t number)
{
    if (chapter.text.empty())
        return;
    if (!book.text.empty())
        book.text += "\n\n";
    const std::uint64_t begin = book.text.size();
    if (chapter.headings.empty() && chapter.text.size() >= kUntitledMatters)
        chapter.headings.push_back({format("Part %zu", number), 1, 0});
    for (Heading &heading : chapter.headings) {
        heading.begin += begin;
        book.headings.push_back(std::move(heading));
    }
    book.text += chapter.text;
}

} // namespace

Result<PlainText> readEpub(const std::filesystem::path &path, std::stop_token stop)
{
    TRY(const InputFile file, InputFile::open(path));
    TRY(const auto directory, readZipDirectory(file, ZipEntries::StoredOrDeflated));
    Entries entries;
    for (const ZipEntry &entry : directory)
        entries[entry.name] = entry;
    if (entries.contains("META-INF/encryption.xml") && entries.contains("META-INF/rights.xml"))
        return Error{ErrorCode::Unsupported, "the book is locked by its publisher (DRM)",
                     "Open an edition without copy protection."};
    TRY(const Package package, readPackage(file, entries));

    PlainText book;
    book.title = package.title;
    std::uint64_t unpacked = 0;
    for (std::size_t i = 0; i < package.chapters.size(); ++i) {
        if (stop.stop_requested())
            return Error{ErrorCode::Cancelled, "Opening the document was cancelled.", ""};
        TRY(const std::string markup, content(file, entries, package.chapters[i], kMaxChapterBytes));
        unpacked += markup.size();
        if (unpacked > 2 * kMaxDocumentText)
            return notABook("the book unpacks to more than " + formatBytes(2 * kMaxDocumentText));
        append(book, readHtml(markup, MarkupKind::Xhtml), i + 1);
    }
    return book;
}

} // namespace volary
