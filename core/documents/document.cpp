#include "core/documents/document.h"

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/documents/decode_text.h"
#include "core/documents/epub.h"
#include "core/documents/html.h"
#include "core/documents/pdf.h"
#include "core/documents/sections.h"

#include <algorithm>

namespace volary {
namespace {

std::string lowerEnding(const std::filesystem::path &path)
{
    std::string ending = path.extension().native();
    for (char &c : ending)
        c = c >= 'A' && c <= 'Z' ? char(c | 0x20) : c;
    return ending.empty() ? ending : ending.substr(1);
}

// By the first bytes where they are clear, else by the name.
Result<DocumentFormat> formatOf(const std::filesystem::path &path)
{
    TRY(const InputFile file, InputFile::open(path));
    std::string head(std::size_t(std::min<std::uint64_t>(file.bytes(), 512)), '\0');
    TRY_(file.read(0, std::as_writable_bytes(std::span(head))));
    if (head.starts_with("PK\x03\x04"))
        return DocumentFormat::Epub;
    if (head.starts_with("%PDF-"))
        return DocumentFormat::Pdf;
    const std::string ending = lowerEnding(path);
    if (ending == "md" || ending == "markdown")
        return DocumentFormat::Markdown;
    const bool page =
        head.find("<html") != std::string::npos || head.find("<!DOCTYPE html") != std::string::npos;
    if (ending == "html" || ending == "htm" || ending == "xhtml" || page)
        return DocumentFormat::Html;
    return DocumentFormat::Text;
}

Result<DecodedText> decodedFile(const std::filesystem::path &path)
{
    TRY(const std::string bytes, readFile(path, kMaxDocumentText));
    return decodeText(bytes);
}

std::string titleFromName(const std::filesystem::path &path)
{
    const std::string stem = path.stem().native();
    return isValidUtf8(stem) ? stem : printable(stem);
}

void takePage(Document &document, PlainText page)
{
    // What no reader can show as text is not kept: a book in another encoding than it says.
    if (auto decoded = decodeText(page.text); decoded && decoded.value().text == page.text) {
        document.sections = sectionsFrom(page.text, page.headings);
        document.text = std::move(page.text);
    } else if (decoded) {
        document.text = std::move(decoded.value().text);
        document.notice = std::move(decoded.value().notice);
        document.sections = sectionsFrom(document.text, {});
    }
    if (isValidUtf8(page.title))
        document.title = std::move(page.title);
}

Result<> readText(Document &document, const std::filesystem::path &path)
{
    TRY(DecodedText decoded, decodedFile(path));
    document.notice = std::move(decoded.notice);
    if (document.format == DocumentFormat::Html) {
        takePage(document, readHtml(decoded.text));
        return {};
    }
    document.text = std::move(decoded.text);
    document.sections = sectionsFrom(document.text, document.format == DocumentFormat::Markdown
                                                        ? markdownHeadings(document.text)
                                                        : chapterLines(document.text));
    return {};
}

Result<Document> read(const std::filesystem::path &path, const std::stop_token &stop)
{
    Document document;
    TRY(document.format, formatOf(path));
    switch (document.format) {
    case DocumentFormat::Epub: {
        TRY(PlainText book, readEpub(path, stop));
        takePage(document, std::move(book));
        break;
    }
    case DocumentFormat::Pdf: {
        TRY(document.text, readPdf(path, stop));
        document.sections = sectionsFrom(document.text, chapterLines(document.text));
        break;
    }
    default: TRY_(readText(document, path));
    }
    if (document.text.size() > kMaxDocumentText)
        return Error{ErrorCode::Unsupported,
                     "the document has more than " + formatBytes(kMaxDocumentText) + " of text", "Split it."};
    if (document.text.find_first_not_of(" \n\t") == std::string::npos)
        return Error{ErrorCode::Unsupported, "the document holds no text", "Choose another file."};
    if (document.title.find_first_not_of(" \n\t") == std::string::npos)
        document.title = titleFromName(path);
    return document;
}

} // namespace

std::string_view name(DocumentFormat format)
{
    constexpr std::string_view names[] = {"text", "markdown", "html", "epub", "pdf"};
    return names[int(format)];
}

const std::vector<std::string> &documentEndings()
{
    static const std::vector<std::string> endings{"txt", "md",    "markdown", "html",
                                                  "htm", "xhtml", "epub",     "pdf"};
    return endings;
}

Result<Document> readDocument(const std::filesystem::path &path, std::stop_token stop)
{
    auto document = read(path, stop);
    if (!document && document.error().code != ErrorCode::Cancelled)
        return std::move(document).error().during("Opening " + printable(path.filename().native()));
    return document;
}

} // namespace volary
