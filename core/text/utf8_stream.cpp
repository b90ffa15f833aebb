#include "core/text/utf8_stream.h"

#include "core/text/utf8_scan.h"

namespace volary {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD

// Half a surrogate, ED A0..BF: never right, but the reference decoder decides only with the third byte, and
// so the golden data has it. What is shown in the end is the same.
bool isUndecidedSurrogate(std::string_view bytes)
{
    return bytes.size() == 2 && bytes[0] == '\xED' && (static_cast<unsigned char>(bytes[1]) & 0xE0) == 0xA0;
}

} // namespace

std::string Utf8Stream::push(std::string_view bytes)
{
    m_pending.append(bytes);
    std::string text;
    std::string_view rest = m_pending;
    while (!rest.empty()) {
        const Utf8Unit unit = scanUtf8(rest);
        if (unit.kind == Utf8Kind::Unfinished || isUndecidedSurrogate(rest))
            break;
        text.append(unit.kind == Utf8Kind::Character ? rest.substr(0, unit.bytes) : kReplacement);
        rest.remove_prefix(unit.bytes);
    }
    m_pending.erase(0, m_pending.size() - rest.size());
    return text;
}

std::string Utf8Stream::flush()
{
    // An unfinished character is a single maximal subpart: all its bytes were right so far.
    std::string text;
    for (std::string_view rest = m_pending; !rest.empty();) {
        const Utf8Unit unit = scanUtf8(rest);
        text += kReplacement;
        rest.remove_prefix(unit.kind == Utf8Kind::Unfinished ? rest.size() : unit.bytes);
    }
    m_pending.clear();
    return text;
}

} // namespace volary
