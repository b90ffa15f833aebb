// How turns of a conversation are written as text for a model.
//
// Formats are fixed and named here; templates inside model files are never executed.
#pragma once

#include "core/base/result.h"
#include "core/text/tokenizer.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

// A piece of a turn. Special tokens are named and come from templates alone; all else is encoded as plain
// text.
struct ChatSegment {
    std::string text; // of a special token: its name, "<|im_end|>"
    bool special = false;

    bool operator==(const ChatSegment &) const = default;
};

struct ChatFormat {
    std::string id;                     // "rwkv-chat": stored with conversations
    std::string title;                  // for people
    std::vector<ChatSegment> system;    // before and
    std::vector<ChatSegment> systemEnd; // after the system text, where there is one
    std::vector<ChatSegment> next;      // before every user turn but the first: ends the reply before it
    std::vector<ChatSegment> user;      // before the user's text
    std::vector<ChatSegment> reply;     // after it: asks for a reply
    std::string lead;                   // what the reply begins with; part of the prompt and of the reply
    std::vector<std::string> stops;     // text that ends a reply
    std::vector<std::string> endTokens; // names of special tokens that do
    bool collapseBlankLines = false;    // "\n\n" separates turns and may not occur inside one

    // What to feed for a user turn, up to and including what asks for a reply and the lead. `first` is true
    // at the start of a conversation. A system text goes before the first turn. Neighbours are never both
    // plain: "User:" and " Hi" have to meet the tokenizer together.
    std::vector<ChatSegment> openTurn(std::string_view userText, bool first,
                                      std::string_view systemText = {}) const;

    // The same for a turn that was answered already, without the lead; the reply follows by writtenReply.
    std::vector<ChatSegment> answeredTurn(std::string_view userText, bool first,
                                          std::string_view systemText = {}) const;
    // A reply that was written elsewhere, as a model would have written it.
    std::vector<ChatSegment> writtenReply(std::string_view text) const;

    // A system text that is read ahead of any turn. Its end is left out: every format ends a system text as
    // it ends a reply, so the first turn follows it by openTurn with `first` false.
    std::vector<ChatSegment> openSystem(std::string_view systemText) const;

    // User text as it may stand inside a turn: where blank lines collapse, CRLF to LF and ends trimmed.
    std::string sanitize(std::string_view userText) const;
};

// Plain segments never give a special token, whatever they spell. Unsupported when the vocabulary lacks a
// named one.
Result<std::vector<TokenId>> encode(const Tokenizer &tokenizer, std::span<const ChatSegment> segments);

// The format for a vocabulary: chatml where it has the marks of that, else rwkv-chat.
std::string_view suggestedChatFormat(const Tokenizer &tokenizer);

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
