// Text out of a document: what a model reads and a person sees.
//
// Documents are foreign bytes. Nothing in them is executed, nothing is fetched, and every reader has a limit
// on what it takes in and what it gives out.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

enum class DocumentFormat : std::uint8_t { Text, Markdown, Html, Epub, Pdf };

// "text", "markdown", "html", "epub", "pdf": stored with documents.
std::string_view name(DocumentFormat format);

// A part of a document, by its place in the text. Sections follow one another without gaps.
struct Section {
    std::string title;
    int level = 1;           // 1: a chapter; larger: inside the one before
    std::uint64_t begin = 0; // bytes of the text
    std::uint64_t end = 0;

    bool operator==(const Section &) const = default;
};

struct Document {
    std::string title; // from the document, else from the file's name
    DocumentFormat format = DocumentFormat::Text;
    std::string text; // UTF-8 with line ends LF; never empty
    std::vector<Section> sections;
    std::string notice; // for the reader, when something had to be guessed
};

// The longest text of a document.
constexpr std::uint64_t kMaxDocumentText = std::uint64_t(256) << 20;

// By the file's name and content. Unsupported for what holds no text, NotFound where a program is missing
// that the format needs (PDF: pdftotext), Cancelled after a stop.
Result<Document> readDocument(const std::filesystem::path &path, std::stop_token stop = {});

// Endings of the names of files that can be read, without a dot.
const std::vector<std::string> &documentEndings();

} // namespace volary
