#include "core/text/unicode.h"

#include "core/text/utf8_scan.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utf8proc.h>

namespace volary {

namespace {

// Outside of the category Z, White_Space holds only these.
constexpr std::array<std::int32_t, 6> kControlSpaces{'\t', '\n', '\v', '\f', '\r', 0x85};

CharacterClass classOf(std::int32_t codePoint)
{
    if (codePoint == '\r' || codePoint == '\n')
        return CharacterClass::LineEnd;
    if (std::ranges::find(kControlSpaces, codePoint) != kControlSpaces.end())
        return CharacterClass::Space;
    switch (utf8proc_category(codePoint)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return CharacterClass::Letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return CharacterClass::Number;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return CharacterClass::Space;
    default: return CharacterClass::Other;
    }
}

bool isUtf8(std::string_view text)
{
    while (!text.empty()) {
        const Utf8Unit unit = scanUtf8(text);
        if (unit.kind != Utf8Kind::Character)
            return false;
        text.remove_prefix(unit.bytes);
    }
    return true;
}

} // namespace

std::vector<Character> classify(std::string_view text)
{
    std::vector<Character> characters;
    characters.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Unit unit = scanUtf8(text.substr(at));
        if (unit.kind != Utf8Kind::Character) {
            characters.push_back({at, CharacterClass::Other, '\0'});
            ++at;
            continue;
        }
        std::int32_t codePoint = 0;
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t *>(text.data() + at),
                         utf8proc_ssize_t(unit.bytes), &codePoint);
        characters.push_back({at, classOf(codePoint), codePoint < 0x80 ? char(codePoint) : '\0'});
        at += unit.bytes;
    }
    return characters;
}

std::string composed(std::string_view text)
{
    const bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (ascii || !isUtf8(text))
        return std::string(text);
    utf8proc_uint8_t *result = nullptr;
    const utf8proc_ssize_t bytes =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t *>(text.data()), utf8proc_ssize_t(text.size()),
                     &result, utf8proc_option_t(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
    return bytes < 0 ? std::string(text)
                     : std::string(reinterpret_cast<const char *>(result), std::size_t(bytes));
}

} // namespace volary
