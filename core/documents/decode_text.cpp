#include "core/documents/decode_text.h"

#include "core/base/text.h"

#include <array>

namespace volary {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

constexpr std::array<char16_t, 32> kWindows1252{
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};

enum class Order : std::uint8_t { Little, Big };

char32_t unitAt(std::string_view bytes, std::size_t at, Order order)
{
    const auto first = static_cast<unsigned char>(bytes[at]),
               second = static_cast<unsigned char>(bytes[at + 1]);
    return order == Order::Little ? char32_t(first | second << 8) : char32_t(first << 8 | second);
}

std::string fromUtf16(std::string_view bytes, Order order)
{
    std::string text;
    for (std::size_t at = 0; at + 2 <= bytes.size(); at += 2) {
        char32_t code = unitAt(bytes, at, order);
        if (code >= 0xD800 && code < 0xDC00 && at + 4 <= bytes.size()) {
            const char32_t low = unitAt(bytes, at + 2, order);
            if (low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                at += 2;
            }
        }
        appendUtf8(text, code);
    }
    return text;
}

std::string fromWindows1252(std::string_view bytes)
{
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        appendUtf8(text, byte >= 0x80 && byte < 0xA0 ? windows1252(byte) : char32_t(byte));
    }
    return text;
}

// Latin letters in UTF-16 have a zero in every second byte; which one tells the order.
bool looksLikeUtf16(std::string_view bytes, Order order)
{
    const std::string_view head = bytes.substr(0, 4096);
    std::size_t zeros = 0;
    for (std::size_t at = order == Order::Little ? 1 : 0; at < head.size(); at += 2)
        zeros += head[at] == '\0' ? 1 : 0;
    return head.size() >= 4 && zeros * 10 >= head.size() / 2 * 7;
}

// Line ends become LF; form feeds end a page and thus a line; other control characters mean nothing in a
// text.
std::string tidy(std::string_view text)
{
    std::string tidied;
    tidied.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\r') {
            if (at + 1 == text.size() || text[at + 1] != '\n')
                tidied += '\n';
        } else if (c == '\f') {
            tidied += '\n';
        } else if (c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20) {
            if (c != 0x7F)
                tidied += c;
        }
    }
    return tidied;
}

} // namespace

void appendUtf8(std::string &text, char32_t code)
{
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        code = kReplacement;
    if (code < 0x80) {
        text += char(code);
    } else if (code < 0x800) {
        text += {char(0xC0 | code >> 6), char(0x80 | (code & 0x3F))};
    } else if (code < 0x10000) {
        text += {char(0xE0 | code >> 12), char(0x80 | (code >> 6 & 0x3F)), char(0x80 | (code & 0x3F))};
    } else {
        text += {char(0xF0 | code >> 18), char(0x80 | (code >> 12 & 0x3F)), char(0x80 | (code >> 6 & 0x3F)),
                 char(0x80 | (code & 0x3F))};
    }
}

char32_t windows1252(unsigned char byte)
{
    return kWindows1252[byte & 0x1F];
}

Result<DecodedText> decodeText(std::string_view bytes)
{
    if (bytes.starts_with("\xEF\xBB\xBF"))
        bytes.remove_prefix(3);
    else if (bytes.starts_with("\xFF\xFE"))
        return DecodedText{tidy(fromUtf16(bytes.substr(2), Order::Little)), {}};
    else if (bytes.starts_with("\xFE\xFF"))
        return DecodedText{tidy(fromUtf16(bytes.substr(2), Order::Big)), {}};
    else if (looksLikeUtf16(bytes, Order::Little))
        return DecodedText{tidy(fromUtf16(bytes, Order::Little)), "The text was read as UTF-16."};
    else if (looksLikeUtf16(bytes, Order::Big))
        return DecodedText{tidy(fromUtf16(bytes, Order::Big)), "The text was read as UTF-16."};
    if (isValidUtf8(bytes))
        return DecodedText{tidy(bytes), {}};
    if (bytes.find('\0') != std::string_view::npos)
        return Error{ErrorCode::Unsupported, "The file holds no text.",
                     "Choose a text, Markdown, HTML, EPUB or PDF file."};
    return DecodedText{tidy(fromWindows1252(bytes)),
                       "The text is not valid UTF-8. It was read as Latin-1 (Western European)."};
}

} // namespace volary
