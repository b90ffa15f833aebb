#include "core/text/chat_format.h"

#include <algorithm>
#include <array>

namespace volary {

namespace {

constexpr std::string_view kWhiteSpace = " \t\n\r\v\f";

const std::array<ChatFormat, 2> &formatTable()
{
    static const std::array<ChatFormat, 2> formats{
        ChatFormat{"rwkv-chat", "RWKV chat", "User:", "Assistant:", "\n\n", {"\n\nUser:"}, true, "System:"},
        ChatFormat{"raw", "Plain text", "", "", "", {}, false, ""},
    };
    return formats;
}

std::string withUnixLineEnds(std::string_view text)
{
    std::string unixText;
    unixText.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r')
            unixText.push_back(text[i]);
        else if (i + 1 == text.size() || text[i + 1] != '\n')
            unixText.push_back('\n');
    }
    return unixText;
}

std::string_view trimmed(std::string_view text)
{
    const std::size_t begin = text.find_first_not_of(kWhiteSpace);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

// "User: text". Without a text there is no space either: a trailing space would be a token of its own.
std::string labelled(const std::string &label, const std::string &text)
{
    if (label.empty() || text.empty())
        return label + text;
    return label + " " + text;
}

} // namespace

std::string ChatFormat::sanitize(std::string_view userText) const
{
    if (!collapseBlankLines)
        return std::string(userText);
    std::string text = withUnixLineEnds(userText);
    const auto bothBreaks = [](char a, char b) { return a == '\n' && b == '\n'; };
    text.erase(std::unique(text.begin(), text.end(), bothBreaks), text.end());
    return std::string(trimmed(text));
}

std::string ChatFormat::openTurn(std::string_view userText, bool first, std::string_view systemText) const
{
    std::string text;
    if (!first)
        text = separator;
    else if (const std::string system = sanitize(systemText); !system.empty())
        text = labelled(systemLabel, system) + separator;
    return text + labelled(userLabel, sanitize(userText)) + separator + assistantLabel;
}

std::span<const ChatFormat> chatFormats()
{
    return formatTable();
}

const ChatFormat *findChatFormat(std::string_view id)
{
    const auto formats = chatFormats();
    const auto found =
        std::find_if(formats.begin(), formats.end(), [&](const ChatFormat &f) { return f.id == id; });
    return found == formats.end() ? nullptr : &*found;
}

} // namespace volary
