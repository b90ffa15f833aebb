#include "core/documents/markup.h"

#include "core/documents/entities.h"

#include <algorithm>

namespace volary {
namespace {

constexpr auto kNowhere = std::string_view::npos;
constexpr std::size_t kLongestName = 64;

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c;
}

bool isLetter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

bool isBlank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

bool endsName(char c)
{
    return isBlank(c) || c == '/' || c == '>' || c == '=';
}

std::size_t nameLength(std::string_view text)
{
    return std::size_t(std::ranges::find_if(text, endsName) - text.begin());
}

// Lower case, and without "opf:" before it.
std::string plainName(std::string_view name)
{
    if (const std::size_t colon = name.rfind(':'); colon != kNowhere)
        name.remove_prefix(colon + 1);
    std::string plain(name.substr(0, kLongestName));
    std::ranges::transform(plain, plain.begin(), lower);
    return plain;
}

void skipBlanks(std::string_view &text)
{
    text.remove_prefix(std::size_t(std::ranges::find_if_not(text, isBlank) - text.begin()));
}

std::string_view takeValue(std::string_view &text)
{
    skipBlanks(text);
    if (text.empty())
        return {};
    const char quote = text[0];
    const bool quoted = quote == '"' || quote == '\'';
    if (quoted)
        text.remove_prefix(1);
    const std::size_t end =
        quoted ? text.find(quote) : std::size_t(std::ranges::find_if(text, isBlank) - text.begin());
    const std::string_view value = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), value.size() + (quoted ? 1 : 0)));
    return value;
}

} // namespace

std::optional<std::string> MarkupPiece::attribute(std::string_view wanted) const
{
    std::string_view rest = content;
    for (;;) {
        while (!rest.empty() && (isBlank(rest[0]) || rest[0] == '/' || rest[0] == '='))
            rest.remove_prefix(1);
        if (rest.empty())
            return std::nullopt;
        const std::string_view found = rest.substr(0, nameLength(rest));
        rest.remove_prefix(std::max<std::size_t>(found.size(), 1));
        skipBlanks(rest);
        std::string_view value;
        if (rest.starts_with('=')) {
            rest.remove_prefix(1);
            value = takeValue(rest);
        }
        if (plainName(found) == wanted) {
            std::string decoded;
            appendDecoded(decoded, value);
            return decoded;
        }
    }
}

std::size_t MarkupScanner::tagEnd()
{
    if (m_quotesAreSound) {
        char quote = 0;
        for (std::size_t at = 1; at < m_rest.size(); ++at) {
            const char c = m_rest[at];
            if (quote != 0)
                quote = c == quote ? char(0) : quote;
            else if (c == '>')
                return at;
            else if ((c == '"' || c == '\'') && m_rest[at - 1] == '=')
                quote = c;
        }
        m_quotesAreSound = false; // one is never closed: from here on they count for nothing
    }
    return m_rest.find('>');
}

std::optional<MarkupPiece> MarkupScanner::next()
{
    while (!m_rest.empty()) {
        if (m_rest[0] != '<' || m_rest.size() < 2) {
            const std::size_t end = m_rest.find('<', 1);
            MarkupPiece piece{.kind = MarkupPiece::Kind::Text, .name = {}, .content = m_rest.substr(0, end)};
            m_rest.remove_prefix(piece.content.size());
            return piece;
        }
        if (m_rest.starts_with("<!--")) {
            const std::size_t end = m_rest.find("-->", 4);
            m_rest = end == kNowhere ? std::string_view() : m_rest.substr(end + 3);
            continue;
        }
        if (m_rest.starts_with("<![CDATA[")) {
            const std::size_t end = m_rest.find("]]>", 9);
            MarkupPiece piece{.kind = MarkupPiece::Kind::Verbatim,
                              .name = {},
                              .content = m_rest.substr(9, end == kNowhere ? end : end - 9)};
            m_rest = end == kNowhere ? std::string_view() : m_rest.substr(end + 3);
            return piece;
        }
        const bool closes = m_rest[1] == '/';
        const bool passedOver = m_rest[1] == '!' || m_rest[1] == '?';
        if (!passedOver && !isLetter(closes && m_rest.size() > 2 ? m_rest[2] : m_rest[1])) {
            MarkupPiece piece{.kind = MarkupPiece::Kind::Text, .name = {}, .content = m_rest.substr(0, 1)};
            m_rest.remove_prefix(1); // "a < b"
            return piece;
        }
        const std::size_t end = tagEnd();
        if (end == kNowhere) {
            m_rest = {};
            return std::nullopt;
        }
        std::string_view tag = m_rest.substr(1, end - 1);
        m_rest.remove_prefix(end + 1);
        if (passedOver)
            continue;
        if (closes)
            tag.remove_prefix(1);
        const std::size_t length = nameLength(tag);
        return MarkupPiece{.kind = closes ? MarkupPiece::Kind::Close : MarkupPiece::Kind::Open,
                           .name = plainName(tag.substr(0, length)),
                           .content = tag.substr(length),
                           .closesItself = tag.ends_with('/')};
    }
    return std::nullopt;
}

void MarkupScanner::skipTo(std::string_view closingName)
{
    for (std::size_t at = m_rest.find("</"); at != kNowhere; at = m_rest.find("</", at + 2)) {
        const std::string_view tag = m_rest.substr(at + 2, closingName.size() + 1);
        if (tag.size() > closingName.size() && endsName(tag.back()) &&
            plainName(tag.substr(0, closingName.size())) == closingName) {
            m_rest.remove_prefix(at);
            return;
        }
    }
    m_rest = {};
}

} // namespace volary
