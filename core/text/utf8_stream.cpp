#include "core/text/utf8_stream.h"

#include "core/text/utf8_scan.h"

namespace volary {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD

} // namespace

std::string Utf8Stream::push(std::string_view bytes)
{
    m_pending.append(bytes);
    std::string text;
    std::string_view rest = m_pending;
    while (!rest.empty()) {
        const Utf8Unit unit = scanUtf8(rest);
        if (unit.kind == Utf8Kind::Unfinished)
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
    const bool unfinished = !m_pending.empty();
    m_pending.clear();
    return std::string(unfinished ? kReplacement : std::string_view());
}

} // namespace volary
