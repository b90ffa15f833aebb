#include "core/text/chat_format.h"

#include <algorithm>

namespace volary {

namespace {

// How long the longest end of `text` is that begins `stop` without completing it.
std::size_t unfinishedSuffix(std::string_view text, std::string_view stop)
{
    for (std::size_t length = std::min(text.size(), stop.size() - 1); length > 0; --length)
        if (stop.starts_with(text.substr(text.size() - length)))
            return length;
    return 0;
}

} // namespace

StopMatcher::StopMatcher(std::vector<std::string> stops) : m_stops(std::move(stops))
{
    std::erase_if(m_stops, [](const std::string &stop) { return stop.empty(); });
}

StopMatcher::Step StopMatcher::push(std::string_view text)
{
    m_held.append(text);

    // The stop that is complete first wins, the longer one among those that end together: so the outcome does
    // not depend on how the text was cut into pieces.
    std::size_t stopBegin = std::string::npos;
    std::size_t stopEnd = std::string::npos;
    for (const std::string &stop : m_stops) {
        const std::size_t begin = m_held.find(stop);
        if (begin == std::string::npos)
            continue;
        const std::size_t end = begin + stop.size();
        if (end < stopEnd || (end == stopEnd && begin < stopBegin)) {
            stopBegin = begin;
            stopEnd = end;
        }
    }
    if (stopBegin != std::string::npos) {
        m_held.resize(stopBegin);
        return {std::exchange(m_held, {}), true};
    }

    std::size_t held = 0;
    for (const std::string &stop : m_stops)
        held = std::max(held, unfinishedSuffix(m_held, stop));
    Step step{m_held.substr(0, m_held.size() - held), false};
    m_held.erase(0, m_held.size() - held);
    return step;
}

std::string StopMatcher::flush()
{
    return std::exchange(m_held, {});
}

} // namespace volary
