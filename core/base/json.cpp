#include "core/base/json.h"

#include "core/base/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace volary {
namespace {

void appendUtf8(std::string &text, std::uint32_t code)
{
    const auto tail = [&](int shift) { text += char(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
        text += char(code);
    } else if (code < 0x800) {
        text += char(0xC0 | (code >> 6));
        tail(0);
    } else if (code < 0x10000) {
        text += char(0xE0 | (code >> 12));
        tail(6);
        tail(0);
    } else {
        text += char(0xF0 | (code >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

// Recursive descent; the depth limit bounds our own stack.
class Parser {
public:
    Parser(std::string_view text, const JsonLimits &limits) : m_text(text), m_limits(limits) {}

    Result<Json> document()
    {
        TRY(Json root, value(0));
        skipSpace();
        if (m_at != m_text.size())
            return error("unexpected text after the value");
        return root;
    }

private:
    Error error(std::string_view what) const
    {
        return {
            ErrorCode::Corrupt, "JSON, byte " + std::to_string(m_at) + ": " + std::string(what) + ".", {}};
    }

    char peek() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }

    bool accept(char c)
    {
        if (m_at >= m_text.size() || m_text[m_at] != c)
            return false;
        ++m_at;
        return true;
    }

    bool acceptWord(std::string_view word)
    {
        if (!m_text.substr(m_at).starts_with(word))
            return false;
        m_at += word.size();
        return true;
    }

    void skipSpace()
    {
        while (m_at < m_text.size() &&
               std::string_view(" \t\r\n").find(m_text[m_at]) != std::string_view::npos)
            ++m_at;
    }

    Result<Json> value(int depth)
    {
        skipSpace();
        if (depth > m_limits.depth)
            return error("nested deeper than " + std::to_string(m_limits.depth) + " levels");
        if (++m_nodes > m_limits.nodes)
            return error("more than " + formatCount(m_limits.nodes) + " values");
        if (m_at == m_text.size())
            return error("the text ends where a value should be");
        switch (peek()) {
        case '{': return object(depth);
        case '[': return array(depth);
        case '"': return stringValue();
        case 't': return word("true", true);
        case 'f': return word("false", false);
        case 'n': return word("null", Json());
        default: return number();
        }
    }

    Result<Json> word(std::string_view text, Json meaning)
    {
        if (!acceptWord(text))
            return error("unknown word; only true, false and null exist");
        return meaning;
    }

    Result<Json> array(int depth)
    {
        ++m_at;
        Json::Array items;
        skipSpace();
        if (accept(']'))
            return items;
        for (;;) {
            TRY(Json item, value(depth + 1));
            items.push_back(std::move(item));
            skipSpace();
            if (accept(']'))
                return items;
            if (!accept(','))
                return error("',' or ']' expected in an array");
        }
    }

    Result<Json> object(int depth)
    {
        ++m_at;
        Json::Object members;
        skipSpace();
        if (accept('}'))
            return members;
        for (;;) {
            TRY_(member(members, depth));
            skipSpace();
            if (accept('}'))
                return members;
            if (!accept(','))
                return error("',' or '}' expected in an object");
        }
    }

    Result<> member(Json::Object &members, int depth)
    {
        skipSpace();
        if (peek() != '"')
            return error("a key in quotes expected");
        TRY(std::string key, string());
        if (members.contains(key))
            return error("duplicate key \"" + printable(key) + "\"");
        skipSpace();
        if (!accept(':'))
            return error("':' expected after a key");
        TRY(Json item, value(depth + 1));
        members.emplace(std::move(key), std::move(item));
        return {};
    }

    Result<Json> stringValue()
    {
        TRY(std::string text, string());
        return text;
    }

    Result<std::string> string()
    {
        ++m_at;
        std::string text;
        for (;;) {
            const std::size_t from = m_at;
            while (m_at < m_text.size() && m_text[m_at] != '"' && m_text[m_at] != '\\' &&
                   static_cast<unsigned char>(m_text[m_at]) >= 0x20)
                ++m_at;
            text.append(m_text, from, m_at - from);
            if (m_at == m_text.size())
                return error("the text ends inside a string");
            if (accept('"'))
                break;
            if (!accept('\\'))
                return error("a control character inside a string must be escaped");
            TRY_(escape(text));
        }
        if (!isValidUtf8(text))
            return error("a string is not valid UTF-8");
        return text;
    }

    Result<> escape(std::string &text)
    {
        constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
        if (accept('u'))
            return unicodeEscape(text);
        const std::size_t which = m_at < m_text.size() ? kLetters.find(m_text[m_at]) : std::string_view::npos;
        if (which == std::string_view::npos)
            return error("unknown escape in a string");
        ++m_at;
        text += kMeanings[which];
        return {};
    }

    Result<> unicodeEscape(std::string &text)
    {
        TRY(std::uint32_t code, fourHexDigits());
        if (code >= 0xD800 && code < 0xDC00 && acceptWord("\\u")) {
            TRY(const std::uint32_t low, fourHexDigits());
            if (low < 0xDC00 || low > 0xDFFF)
                return error("half of a surrogate pair");
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else if (code >= 0xD800 && code <= 0xDFFF) {
            return error("half of a surrogate pair");
        }
        appendUtf8(text, code);
        return {};
    }

    Result<std::uint32_t> fourHexDigits()
    {
        const std::string_view digits = m_text.substr(m_at, 4);
        std::uint32_t code = 0;
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (digits.size() != 4 || parsed.ptr != digits.data() + 4)
            return error("four hexadecimal digits expected after \\u");
        m_at += 4;
        return code;
    }

    bool skipDigits()
    {
        const std::size_t from = m_at;
        while (isDigit(peek()))
            ++m_at;
        return m_at > from;
    }

    // from_chars is more lenient than the grammar ("01", "1.", "inf"), so the grammar is walked first.
    Result<Json> number()
    {
        const std::size_t from = m_at;
        accept('-');
        if (!isDigit(peek()))
            return error("a value expected");
        if (!accept('0'))
            skipDigits();
        else if (isDigit(peek()))
            return error("a number may not begin with 0");
        bool integral = true;
        if (accept('.')) {
            integral = false;
            if (!skipDigits())
                return error("digits expected after the decimal point");
        }
        if (accept('e') || accept('E')) {
            integral = false;
            if (!accept('-'))
                accept('+');
            if (!skipDigits())
                return error("digits expected in the exponent");
        }
        return converted(m_text.substr(from, m_at - from), integral);
    }

    Result<Json> converted(std::string_view digits, bool integral) const
    {
        const char *const end = digits.data() + digits.size();
        std::int64_t exact = 0;
        // "-0" stays a double: an integer would lose its sign.
        if (integral && digits != "-0" && std::from_chars(digits.data(), end, exact).ec == std::errc())
            return exact;
        double value = 0;
        const auto parsed = std::from_chars(digits.data(), end, value);
        if (parsed.ec == std::errc::result_out_of_range)
            return error("the number " + printable(digits, 40) + " is outside the range of a double");
        return value;
    }

    std::string_view m_text;
    JsonLimits m_limits;
    std::size_t m_at = 0;
    std::size_t m_nodes = 0;
};

void writeString(std::string &out, std::string_view text)
{
    constexpr std::string_view kSpecial = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt";
    out += '"';
    for (const char c : text) {
        if (const auto which = kSpecial.find(c); which != std::string_view::npos)
            out.append(1, '\\').append(1, kLetters[which]);
        else if (static_cast<unsigned char>(c) < 0x20)
            out += format("\\u%04x", unsigned(c));
        else
            out += c;
    }
    out += '"';
}

void writeDouble(std::string &out, double value)
{
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const std::string_view text(digits.data(), std::size_t(end - digits.data()));
    out += text;
    // Without a point or an exponent it would be read back as an integer.
    if (text.find_first_of(".e") == std::string_view::npos)
        out += ".0";
}

class Writer {
public:
    explicit Writer(bool pretty) : m_pretty(pretty) {}

    void write(const Json &value)
    {
        if (const auto *items = value.array())
            list('[', ']', *items, [&](const Json &item) { write(item); });
        else if (const auto *members = value.object())
            list('{', '}', *members, [&](const auto &member) {
                writeString(out, member.first);
                out += m_pretty ? ": " : ":";
                write(member.second);
            });
        else
            scalar(value);
    }

    std::string out;

private:
    void scalar(const Json &value)
    {
        if (const auto *text = value.string())
            writeString(out, *text);
        else if (const auto *flag = value.boolean())
            out += *flag ? "true" : "false";
        else if (const auto *integer = value.integer())
            out += std::to_string(*integer);
        else if (value.isNumber())
            writeDouble(out, value.number());
        else
            out += "null";
    }

    template <typename Items, typename WriteItem>
    void list(char open, char close, const Items &items, WriteItem writeItem)
    {
        out += open;
        ++m_depth;
        bool first = true;
        for (const auto &item : items) {
            if (!std::exchange(first, false))
                out += ',';
            newLine();
            writeItem(item);
        }
        --m_depth;
        if (!items.empty())
            newLine();
        out += close;
    }

    void newLine()
    {
        if (m_pretty)
            out.append(1, '\n').append(2 * std::size_t(m_depth), ' ');
    }

    bool m_pretty;
    int m_depth = 0;
};

} // namespace

Result<Json> Json::parse(std::string_view text, const JsonLimits &limits)
{
    return Parser(text, limits).document();
}

const Json *Json::find(std::string_view key) const
{
    const Object *members = object();
    if (!members)
        return nullptr;
    const auto found = members->find(key);
    return found == members->end() ? nullptr : &found->second;
}

double Json::number(double otherwise) const
{
    if (const auto *exact = integer())
        return double(*exact);
    const auto *value = std::get_if<double>(&m_value);
    return value ? *value : otherwise;
}

std::int64_t Json::integerOr(std::int64_t otherwise) const
{
    return integer() ? *integer() : otherwise;
}

std::string Json::stringOr(std::string_view otherwise) const
{
    return string() ? *string() : std::string(otherwise);
}

bool Json::boolOr(bool otherwise) const
{
    return boolean() ? *boolean() : otherwise;
}

std::string Json::dump() const
{
    Writer writer(false);
    writer.write(*this);
    return std::move(writer.out);
}

std::string Json::dumpPretty() const
{
    Writer writer(true);
    writer.write(*this);
    return std::move(writer.out);
}

} // namespace volary
