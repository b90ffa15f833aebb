// HTML and XHTML, and the sections found in their text.
#include "core/base/check.h"
#include "core/documents/html.h"
#include "core/documents/sections.h"

using namespace volary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view markup(reinterpret_cast<const char *>(data), size);
    for (const MarkupKind kind : {MarkupKind::Html, MarkupKind::Xhtml}) {
        const PlainText page = readHtml(markup, kind);
        std::uint64_t at = 0;
        for (const Section &section : sectionsFrom(page.text, page.headings)) {
            VOLARY_CHECK(section.begin == at && section.end > at, "sections follow one another");
            at = section.end;
        }
        VOLARY_CHECK(at == page.text.size(), "and cover the text");
    }
    return 0;
}
