#include "core/text/reasoning.h"

#include <algorithm>

namespace volary {

namespace {

constexpr std::string_view kOpen = "<think>", kClose = "</think>", kWhiteSpace = " \t\n\r";
// A text that ends within the tag is taken for one from here on: templates end with this much of it.
constexpr std::size_t kCertain = std::string_view("<think").size();

std::string_view trimmedStart(std::string_view text)
{
    return text.substr(std::min(text.find_first_not_of(kWhiteSpace), text.size()));
}

std::string_view trimmed(std::string_view text)
{
    text = trimmedStart(text);
    return text.substr(0, text.find_last_not_of(kWhiteSpace) + 1);
}

// Without what may become the closing tag.
std::string_view withoutPartOfClose(std::string_view text)
{
    for (std::size_t length = std::min(kClose.size() - 1, text.size()); length > 0; --length) {
        if (text.ends_with(kClose.substr(0, length)))
            return text.substr(0, text.size() - length);
    }
    return text;
}

} // namespace

Reasoning splitReasoning(std::string_view reply)
{
    const std::string_view text = trimmedStart(reply);
    Reasoning parts;
    parts.answer = reply;
    const bool begun = text.size() >= kCertain && kOpen.starts_with(text);
    if (!begun && !text.starts_with(kOpen))
        return parts;
    parts.present = true;
    parts.answer = {};
    const std::string_view inside = text.substr(std::min(kOpen.size(), text.size()));
    const std::size_t end = inside.find(kClose);
    if (end == std::string_view::npos) {
        parts.thought = trimmed(withoutPartOfClose(inside));
        return parts;
    }
    parts.closed = true;
    parts.thought = trimmed(inside.substr(0, end));
    parts.thoughtEnd = reply.size() - inside.size() + end + kClose.size();
    parts.answer = trimmedStart(reply.substr(parts.thoughtEnd));
    return parts;
}

} // namespace volary
