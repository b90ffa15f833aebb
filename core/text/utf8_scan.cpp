#include "core/text/utf8_scan.h"

#include "core/base/check.h"

namespace volary {

namespace {

// What a lead byte promises. The second byte has a range of its own, which is what keeps overlong forms,
// surrogates and values above U+10FFFF out (Unicode 15, table 3-7).
struct Lead {
    std::size_t bytes; // 0: no character starts with this byte
    unsigned char secondLow = 0x80;
    unsigned char secondHigh = 0xBF;
};

Lead leadOf(unsigned char byte)
{
    if (byte < 0x80)
        return {1};
    if (byte < 0xC2 || byte > 0xF4)
        return {0};
    if (byte < 0xE0)
        return {2};
    switch (byte) {
    case 0xE0: return {3, 0xA0, 0xBF};
    case 0xED: return {3, 0x80, 0x9F};
    case 0xF0: return {4, 0x90, 0xBF};
    case 0xF4: return {4, 0x80, 0x8F};
    default: return {byte < 0xF0 ? std::size_t(3) : std::size_t(4)};
    }
}

} // namespace

Utf8Unit scanUtf8(std::string_view text)
{
    VOLARY_CHECK(!text.empty(), "there is no character at the end of the text");
    const Lead lead = leadOf(static_cast<unsigned char>(text[0]));
    if (lead.bytes == 0)
        return {Utf8Kind::Malformed, 1};

    for (std::size_t i = 1; i < lead.bytes; ++i) {
        if (i == text.size())
            return {Utf8Kind::Unfinished, i};
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool fits = i == 1 ? byte >= lead.secondLow && byte <= lead.secondHigh : (byte & 0xC0) == 0x80;
        if (!fits)
            return {Utf8Kind::Malformed, i};
    }
    return {Utf8Kind::Character, lead.bytes};
}

} // namespace volary
