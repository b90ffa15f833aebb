#include "core/base/text.h"

#include <array>
#include <cstdarg>
#include <cstdio>

namespace volary {

std::string format(const char *pattern, ...)
{
    va_list arguments;
    va_start(arguments, pattern);
    va_list again;
    va_copy(again, arguments);
    const int length = std::vsnprintf(nullptr, 0, pattern, arguments);
    va_end(arguments);
    std::string text(length > 0 ? std::size_t(length) : 0, '\0');
    if (length > 0)
        std::vsnprintf(text.data(), text.size() + 1, pattern, again);
    va_end(again);
    return text;
}

std::string formatBytes(std::uint64_t bytes)
{
    if (bytes < 1024)
        return format("%llu byte%s", static_cast<unsigned long long>(bytes), bytes == 1 ? "" : "s");
    constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = double(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    return format("%.1f %s", value, units[unit]);
}

std::string formatCount(std::uint64_t count)
{
    std::string digits = std::to_string(count);
    for (int at = int(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(std::size_t(at), 1, ',');
    return digits;
}

namespace {

// Length of the well-formed UTF-8 sequence at the front of `text` (Unicode table 3-7), or 0.
std::size_t sequenceLength(std::string_view text)
{
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80)
        return text.empty() ? 0 : 1;
    const auto between = [&](std::size_t i, unsigned low, unsigned high) {
        return byte(i) >= low && byte(i) <= high;
    };
    if (lead >= 0xC2 && lead <= 0xDF)
        return between(1, 0x80, 0xBF) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const bool second = between(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
        return second && between(2, 0x80, 0xBF) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const bool second = between(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
        return second && between(2, 0x80, 0xBF) && between(3, 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

// Characters that change how the text around them is shown: C0 and C1 controls, bidi marks, line separators,
// BOM.
bool isTreacherous(std::string_view sequence)
{
    if (sequence.size() == 1)
        return static_cast<unsigned char>(sequence[0]) < 0x20 || sequence[0] == 0x7F;
    if (sequence.size() == 2)
        return sequence[0] == '\xC2' && static_cast<unsigned char>(sequence[1]) < 0xA0;
    if (sequence.size() == 3 && sequence[0] == '\xE2') {
        const auto last = static_cast<unsigned char>(sequence[2]);
        return (sequence[1] == '\x80' &&
                ((last >= 0x8E && last <= 0x8F) || (last >= 0xA8 && last <= 0xAE))) ||
               (sequence[1] == '\x81' && last >= 0xA6 && last <= 0xA9);
    }
    return sequence == "\xEF\xBB\xBF";
}

} // namespace

std::string printable(std::string_view text, std::size_t maxBytes)
{
    std::string shown;
    while (!text.empty()) {
        if (shown.size() >= maxBytes)
            return shown + "...";
        std::size_t length = sequenceLength(text);
        if (length != 0 && !isTreacherous(text.substr(0, length))) {
            shown += text.substr(0, length);
        } else {
            length = length == 0 ? 1 : length;
            for (const char c : text.substr(0, length))
                shown += format("\\x%02x", static_cast<unsigned char>(c));
        }
        text.remove_prefix(length);
    }
    return shown;
}

bool isValidUtf8(std::string_view bytes)
{
    while (!bytes.empty()) {
        const std::size_t length = sequenceLength(bytes);
        if (length == 0)
            return false;
        bytes.remove_prefix(length);
    }
    return true;
}

} // namespace volary
