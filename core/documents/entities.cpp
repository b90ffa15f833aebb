#include "core/documents/entities.h"

#include "core/documents/decode_text.h"

#include <algorithm>
#include <array>

namespace volary {
namespace {

struct Name {
    std::string_view name;
    char32_t code;
};

// Those that occur in books; in the order of bytes.
constexpr std::array kNames{
    Name{"AElig", 0xC6},    Name{"Aacute", 0xC1},   Name{"Agrave", 0xC0},   Name{"Aring", 0xC5},
    Name{"Auml", 0xC4},     Name{"Ccedil", 0xC7},   Name{"Eacute", 0xC9},   Name{"Egrave", 0xC8},
    Name{"OElig", 0x152},   Name{"Oslash", 0xD8},   Name{"Ouml", 0xD6},     Name{"Uuml", 0xDC},
    Name{"aacute", 0xE1},   Name{"acirc", 0xE2},    Name{"aelig", 0xE6},    Name{"agrave", 0xE0},
    Name{"amp", '&'},       Name{"apos", '\''},     Name{"aring", 0xE5},    Name{"atilde", 0xE3},
    Name{"auml", 0xE4},     Name{"bdquo", 0x201E},  Name{"bull", 0x2022},   Name{"ccedil", 0xE7},
    Name{"cent", 0xA2},     Name{"copy", 0xA9},     Name{"deg", 0xB0},      Name{"divide", 0xF7},
    Name{"eacute", 0xE9},   Name{"ecirc", 0xEA},    Name{"egrave", 0xE8},   Name{"emsp", 0x2003},
    Name{"ensp", 0x2002},   Name{"euml", 0xEB},     Name{"euro", 0x20AC},   Name{"frac12", 0xBD},
    Name{"frac14", 0xBC},   Name{"gt", '>'},        Name{"hellip", 0x2026}, Name{"iacute", 0xED},
    Name{"icirc", 0xEE},    Name{"iexcl", 0xA1},    Name{"igrave", 0xEC},   Name{"iquest", 0xBF},
    Name{"iuml", 0xEF},     Name{"laquo", 0xAB},    Name{"larr", 0x2190},   Name{"ldquo", 0x201C},
    Name{"lsaquo", 0x2039}, Name{"lsquo", 0x2018},  Name{"lt", '<'},        Name{"mdash", 0x2014},
    Name{"middot", 0xB7},   Name{"minus", 0x2212},  Name{"nbsp", 0xA0},     Name{"ndash", 0x2013},
    Name{"ntilde", 0xF1},   Name{"oacute", 0xF3},   Name{"ocirc", 0xF4},    Name{"oelig", 0x153},
    Name{"ograve", 0xF2},   Name{"oslash", 0xF8},   Name{"otilde", 0xF5},   Name{"ouml", 0xF6},
    Name{"para", 0xB6},     Name{"plusmn", 0xB1},   Name{"pound", 0xA3},    Name{"prime", 0x2032},
    Name{"quot", '"'},      Name{"raquo", 0xBB},    Name{"rarr", 0x2192},   Name{"rdquo", 0x201D},
    Name{"reg", 0xAE},      Name{"rsaquo", 0x203A}, Name{"rsquo", 0x2019},  Name{"sbquo", 0x201A},
    Name{"sect", 0xA7},     Name{"shy", 0xAD},      Name{"szlig", 0xDF},    Name{"thinsp", 0x2009},
    Name{"times", 0xD7},    Name{"trade", 0x2122},  Name{"uacute", 0xFA},   Name{"ucirc", 0xFB},
    Name{"ugrave", 0xF9},   Name{"uuml", 0xFC},     Name{"yacute", 0xFD},   Name{"yen", 0xA5},
    Name{"zwj", 0x200D},    Name{"zwnj", 0x200C}};
static_assert(std::ranges::is_sorted(kNames, {}, &Name::name));

constexpr std::size_t kLongestReference = 12;

int digitOf(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = char(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

// The code point of "#8212" or "#x2014"; 0 when it is none. Old pages mean Windows-1252 by 128 to 159.
char32_t numbered(std::string_view reference)
{
    reference.remove_prefix(1);
    const bool hexadecimal = !reference.empty() && (reference[0] | 0x20) == 'x';
    if (hexadecimal)
        reference.remove_prefix(1);
    const int base = hexadecimal ? 16 : 10;
    char32_t code = 0;
    for (const char c : reference) {
        const int digit = digitOf(c);
        if (digit >= base)
            return 0;
        code = std::min<char32_t>(code * char32_t(base) + char32_t(digit), 0x110000);
    }
    if (code >= 0x80 && code < 0xA0)
        return windows1252(static_cast<unsigned char>(code));
    return code < 0x20 && code != '\n' && code != '\t' ? 0 : code;
}

char32_t codeOf(std::string_view reference)
{
    if (reference.empty())
        return 0;
    if (reference[0] == '#')
        return numbered(reference);
    const auto found = std::ranges::lower_bound(kNames, reference, {}, &Name::name);
    return found != kNames.end() && found->name == reference ? found->code : 0;
}

} // namespace

void appendDecoded(std::string &to, std::string_view text)
{
    while (!text.empty()) {
        const std::size_t mark = text.find('&');
        to += text.substr(0, mark);
        if (mark == std::string_view::npos)
            return;
        text.remove_prefix(mark);
        const std::size_t end = text.substr(0, kLongestReference).find(';');
        const char32_t code = end == std::string_view::npos ? 0 : codeOf(text.substr(1, end - 1));
        if (code == 0) {
            to += '&';
            text.remove_prefix(1);
        } else {
            appendUtf8(to, code);
            text.remove_prefix(end + 1);
        }
    }
}

} // namespace volary
