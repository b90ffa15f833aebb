// Turns that have no state, as tokens: what was imported is read by its text.
#pragma once

#include "core/store/library.h"
#include "core/text/chat_format.h"

#include <span>
#include <string_view>
#include <vector>

namespace volary {

// Where a turn that was imported says so, in its statsJson.
inline constexpr std::string_view kImportedNote = "imported";
bool isImported(const Turn &turn);

struct TurnTokens {
    std::vector<TokenId> tokens;
    std::size_t ofLast = 0; // of these belong to the last turn
};

// What to feed for the turns of `path`, one below the other, after nothing (`first`) or after a reply. A last
// user turn asks for a reply, as one that was just sent does.
Result<TurnTokens> tokensOf(std::span<const Turn *const> path, bool first, const ChatFormat &format,
                            const Tokenizer &tokenizer);

} // namespace volary
