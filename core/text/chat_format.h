// How turns of a conversation are written as text for a model.
//
// Formats are fixed and named here; templates inside model files are never executed.
#pragma once

#include "core/base/result.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

struct ChatFormat {
    std::string id;             // "rwkv-chat": stored with conversations
    std::string title;          // for people
    std::string userLabel;      // "User:"
    std::string assistantLabel; // "Assistant:"
    std::string separator;      // between turns: "\n\n"
    std::vector<std::string> stops;
    bool collapseBlankLines = true; // the separator may not occur inside a turn
    std::string systemLabel;        // "System:"

    // The text to feed for a user turn, up to and including the label that asks for a reply. `first` is true
    // at the start of a conversation. A system text goes before the first turn.
    std::string openTurn(std::string_view userText, bool first, std::string_view systemText = {}) const;

    // User text as it may stand inside a turn: CRLF to LF, separators collapsed, ends trimmed.
    std::string sanitize(std::string_view userText) const;
};

std::span<const ChatFormat> chatFormats();
const ChatFormat *findChatFormat(std::string_view id); // null when there is none of that name

// Finds the first of several stop strings in text that arrives in pieces, holding back whatever might still
// become one.
class StopMatcher {
public:
    explicit StopMatcher(std::vector<std::string> stops = {});

    struct Step {
        std::string text;     // safe to show now
        bool stopped = false; // a stop string is complete; it is not part of the text
    };
    Step push(std::string_view text);
    std::string flush(); // at the end: the text held back

    bool holdsBack() const { return !m_held.empty(); }

private:
    std::vector<std::string> m_stops;
    std::string m_held;
};

} // namespace volary
