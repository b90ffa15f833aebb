// Text out of HTML and XHTML: paragraphs, lists, headings; no scripts, no styles, no layout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

struct Heading {
    std::string title;
    int level = 1;           // 1 to 6
    std::uint64_t begin = 0; // bytes of the text
};

struct PlainText {
    std::string title; // of the page; may be empty
    std::string text;  // UTF-8 as far as the input is; paragraphs with a blank line between
    std::vector<Heading> headings;
};

enum class MarkupKind : std::uint8_t { Html, Xhtml }; // in XHTML <script/> ends at once

// Any bytes are accepted; the time is linear in the length and the text is hardly longer than the markup.
PlainText readHtml(std::string_view markup, MarkupKind kind = MarkupKind::Html);

} // namespace volary
