#include "core/engine/turn_text.h"

#include "core/base/json.h"

namespace volary {

bool isImported(const Turn &turn)
{
    const auto notes = Json::parse(turn.statsJson);
    return notes && notes.value().find(kImportedNote);
}

Result<TurnTokens> tokensOf(std::span<const Turn *const> path, bool first, const ChatFormat &format,
                            const Tokenizer &tokenizer)
{
    TurnTokens read;
    bool asked = false; // the turn before is a user's
    for (const Turn *turn : path) {
        std::vector<ChatSegment> segments;
        if (turn->role == Role::User)
            segments = turn == path.back() ? format.openTurn(turn->text, first)
                                           : format.answeredTurn(turn->text, first);
        else if (!asked) // an answer to nothing
            segments = format.answeredTurn({}, first);
        TRY(std::vector<TokenId> tokens, encode(tokenizer, segments));
        if (turn->role == Role::Assistant) { // encoded by itself, as a generated one comes
            TRY(const auto reply, encode(tokenizer, format.writtenReply(turn->text)));
            tokens.insert(tokens.end(), reply.begin(), reply.end());
        }
        asked = turn->role == Role::User;
        first = false;
        read.ofLast = tokens.size();
        read.tokens.insert(read.tokens.end(), tokens.begin(), tokens.end());
    }
    return read;
}

} // namespace volary
