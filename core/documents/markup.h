// The tags of HTML and XML, one after the other. No tree is built, so nesting costs nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace volary {

struct MarkupPiece {
    enum class Kind : std::uint8_t { Text, Verbatim, Open, Close };
    Kind kind = Kind::Text;
    std::string name; // of a tag: lower case, without a namespace's prefix
    std::string_view
        content; // the text as it stands there (Verbatim: of a CDATA part), or a tag's attributes
    bool closesItself = false; // <br/>

    // Decoded; nothing when the tag has none of that name.
    std::optional<std::string> attribute(std::string_view wanted) const;
};

// Any bytes are accepted. Comments, declarations and processing instructions are passed over. The time is
// linear in the length: where a quote or a bracket is never closed, that is found out once.
class MarkupScanner {
public:
    explicit MarkupScanner(std::string_view markup) : m_rest(markup) {}

    std::optional<MarkupPiece> next(); // nothing at the end
    // Passes over everything up to the closing tag of that name, as browsers do for scripts.
    void skipTo(std::string_view closingName);

private:
    std::size_t tagEnd(); // of a tag at the start of m_rest: the place of its ">", or npos

    std::string_view m_rest;
    bool m_quotesAreSound = true;
};

} // namespace volary
