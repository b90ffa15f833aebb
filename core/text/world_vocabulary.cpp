#include "core/text/world_vocabulary.h"

#include "core/base/text.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>

namespace volary {

namespace {

constexpr std::uint32_t kLargestId = 1'048'575; // bounds what a hostile id can make us allocate
constexpr std::size_t kLongestToken = 65535;

Error corrupt(std::string what)
{
    return {ErrorCode::Corrupt, std::move(what),
            "Download the vocabulary again, or choose the file that belongs to the model."};
}

std::optional<std::uint32_t> parseNumber(std::string_view digits, int base = 10)
{
    std::uint32_t number = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (digits.empty() || code != std::errc() || end != digits.data() + digits.size())
        return std::nullopt;
    return number;
}

// False for surrogates and for values above U+10FFFF: they have no UTF-8.
bool appendUtf8(std::string &to, std::uint32_t codePoint)
{
    if (codePoint > 0x10FFFF || (codePoint >= 0xD800 && codePoint <= 0xDFFF))
        return false;
    const auto tail = [&](int shift) {
        to.push_back(static_cast<char>(0x80 | ((codePoint >> shift) & 0x3F)));
    };
    if (codePoint < 0x80) {
        to.push_back(static_cast<char>(codePoint));
    } else if (codePoint < 0x800) {
        to.push_back(static_cast<char>(0xC0 | (codePoint >> 6)));
        tail(0);
    } else if (codePoint < 0x10000) {
        to.push_back(static_cast<char>(0xE0 | (codePoint >> 12)));
        tail(6);
        tail(0);
    } else {
        to.push_back(static_cast<char>(0xF0 | (codePoint >> 18)));
        tail(12);
        tail(6);
        tail(0);
    }
    return true;
}

// Turns a Python string or bytes literal into the bytes it stands for. In a string an escape names a code
// point, in a bytes literal it names a byte.
class LiteralReader {
public:
    static Result<std::string> read(std::string_view literal)
    {
        LiteralReader reader;
        if (literal.starts_with('b')) {
            reader.m_isBytes = true;
            literal.remove_prefix(1);
        }
        if (literal.size() < 2 || (literal[0] != '\'' && literal[0] != '"'))
            return corrupt("the token is not in quotes");
        reader.m_quote = literal[0];
        reader.m_rest = literal.substr(1);
        TRY_(reader.readToQuote());
        return std::move(reader.m_token);
    }

private:
    Result<> readToQuote()
    {
        while (!m_rest.empty() && m_rest[0] != m_quote) {
            const char next = m_rest[0];
            m_rest.remove_prefix(1);
            if (next == '\\') {
                TRY_(readEscape());
            } else if (m_isBytes && static_cast<unsigned char>(next) >= 0x80) {
                return corrupt("a bytes literal contains a character outside ASCII");
            } else {
                m_token.push_back(next);
            }
        }
        if (m_rest.empty())
            return corrupt("the closing quote of the token is missing");
        if (m_rest.size() > 1)
            return corrupt("the token goes on after its closing quote");
        return {};
    }

    Result<> readEscape()
    {
        if (m_rest.empty())
            return corrupt("the closing quote of the token is missing");
        const char name = m_rest[0];
        m_rest.remove_prefix(1);
        switch (name) {
        case 'n': m_token.push_back('\n'); return {};
        case 'r': m_token.push_back('\r'); return {};
        case 't': m_token.push_back('\t'); return {};
        case '\\':
        case '\'':
        case '"': m_token.push_back(name); return {};
        case 'x': return readCode(2);
        case 'u':
        case 'U':
            if (!m_isBytes)
                return readCode(name == 'u' ? 4 : 8);
            break;
        default: break;
        }
        return corrupt("the escape \\" + printable(std::string_view(&name, 1)) + " is unknown");
    }

    Result<> readCode(std::size_t digits)
    {
        const auto code = parseNumber(m_rest.substr(0, digits), 16);
        if (!code || m_rest.size() < digits)
            return corrupt(format("an escape lacks its %zu hexadecimal digits", digits));
        m_rest.remove_prefix(digits);
        if (m_isBytes)
            m_token.push_back(static_cast<char>(*code));
        else if (!appendUtf8(m_token, *code))
            return corrupt(format("there is no character U+%04X", *code));
        return {};
    }

    std::string_view m_rest;
    std::string m_token;
    char m_quote = '\'';
    bool m_isBytes = false;
};

// Nothing for an escape that is cut off or unknown.
std::optional<std::string> unescape(std::string_view escaped)
{
    std::string bytes;
    while (!escaped.empty()) {
        const char first = escaped[0];
        escaped.remove_prefix(1);
        if (first != '\\') {
            bytes += first;
            continue;
        }
        if (escaped.empty())
            return std::nullopt;
        const char name = escaped[0];
        escaped.remove_prefix(1);
        switch (name) {
        case 't': bytes += '\t'; break;
        case 'n': bytes += '\n'; break;
        case 'r': bytes += '\r'; break;
        case '\\':
        case '\'':
        case '"': bytes += name; break;
        case 'x': {
            const auto byte = parseNumber(escaped.substr(0, 2), 16);
            if (!byte || escaped.size() < 2)
                return std::nullopt;
            bytes += static_cast<char>(*byte);
            escaped.remove_prefix(2);
            break;
        }
        default: return std::nullopt;
        }
    }
    return bytes;
}

struct Line {
    std::uint32_t id;
    std::string token;
};

// The literal may contain spaces, so only the first and the last space of a line separate.
Result<Line> parseLine(std::string_view line)
{
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last)
        return corrupt("the line needs an id, a token and a length, separated by spaces");
    if (!isValidUtf8(line))
        return corrupt("the line is not valid UTF-8");

    const auto id = parseNumber(line.substr(0, first));
    if (!id || *id > kLargestId)
        return corrupt("\"" + printable(line.substr(0, first), 24) + "\" is no token id");
    if (*id == 0)
        return corrupt("id 0 is reserved for the end of a document");
    const auto length = parseNumber(line.substr(last + 1));
    if (!length)
        return corrupt("\"" + printable(line.substr(last + 1), 24) + "\" is no length");

    TRY(std::string token, LiteralReader::read(line.substr(first + 1, last - first - 1)));
    if (token.size() != *length)
        return corrupt(format("the token has %zu bytes, its length says %u", token.size(), *length));
    if (token.empty() || token.size() > kLongestToken)
        return corrupt(format("a token of %zu bytes; 1 to %zu are possible", token.size(), kLongestToken));
    return Line{*id, std::move(token)};
}

Result<> checkDistinctAndComplete(const WorldVocabulary &tokens)
{
    std::unordered_map<std::string_view, std::size_t> idOf;
    idOf.reserve(tokens.size());
    for (std::size_t id = 1; id < tokens.size(); ++id) {
        if (tokens[id].empty())
            continue;
        const auto [other, isNew] = idOf.emplace(tokens[id], id);
        if (!isNew)
            return corrupt(format("ids %zu and %zu stand for the same bytes", other->second, id));
    }
    for (int byte = 0; byte < 256; ++byte) {
        const char single = static_cast<char>(byte);
        if (!idOf.contains(std::string_view(&single, 1)))
            return corrupt(
                format("no token stands for the single byte %02X, so some texts could not be encoded", byte));
    }
    return {};
}

} // namespace

Result<WorldVocabulary> parseWorldVocabulary(std::string_view text)
{
    WorldVocabulary tokens(1);
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        auto line = parseLine(text.substr(0, end));
        if (!line)
            return std::move(line).error().during(format("line %zu", number));
        auto &[id, token] = line.value();
        if (id >= tokens.size())
            tokens.resize(id + 1);
        if (!tokens[id].empty())
            return corrupt(format("line %zu: id %u occurs twice", number, id));
        tokens[id] = std::move(token);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    TRY_(checkDistinctAndComplete(tokens));
    return tokens;
}

Result<WorldVocabulary> unescapeWorldVocabulary(std::span<const std::string> escaped,
                                                const std::vector<bool> &unused)
{
    WorldVocabulary tokens;
    for (std::size_t id = 0; id < escaped.size(); ++id) {
        if (id == 0 || (id < unused.size() && unused[id])) {
            tokens.emplace_back();
            continue;
        }
        auto bytes = unescape(escaped[id]);
        if (!bytes || bytes->empty() || bytes->size() > kLongestToken)
            return corrupt(
                format("token %zu, \"%s\", is no escaped text", id, printable(escaped[id], 24).c_str()));
        tokens.push_back(*std::move(bytes));
    }
    TRY_(checkDistinctAndComplete(tokens));
    return tokens;
}

std::string escapeWorldToken(std::string_view bytes)
{
    std::string escaped;
    for (const char c : bytes) {
        switch (c) {
        case '\t': escaped += "\\t"; break;
        case '\n': escaped += "\\n"; break;
        case '\r': escaped += "\\r"; break;
        case '\\':
        case '\'': escaped += std::string("\\") + c; break;
        default:
            if (c >= ' ' && c <= '~')
                escaped += c;
            else
                escaped += format("\\x%02x", unsigned(static_cast<unsigned char>(c)));
        }
    }
    return escaped;
}

bool looksLikeWorldVocabulary(std::string_view text)
{
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos || text[digits] != ' ')
        return false;
    text.remove_prefix(digits + 1);
    if (text.starts_with('b'))
        text.remove_prefix(1);
    return text.starts_with('\'') || text.starts_with('"');
}

} // namespace volary
