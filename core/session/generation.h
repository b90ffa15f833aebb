// One reply: from the end of a prompt to a stop string, a limit or a cancel.
#pragma once

#include "core/session/reply.h"
#include "core/session/session.h"
#include "core/text/chat_format.h"
#include "core/text/utf8_stream.h"

#include <optional>
#include <string>
#include <vector>

namespace volary {

struct GenerationLimits {
    int maxTokens = 512;
    std::vector<std::string> stops;
    std::vector<TokenId> endTokens; // end of text: never shown
    int alternatives = 8;           // how many to note for every token
    bool forceStart = false; // the first token may not end the reply: for continuing one that had ended
    std::string carry;       // bytes of an unfinished character that the tokens so far end with
};

// Samples token after token and turns them into text. A stop string is recognised only when it is complete,
// and by then the state has read it, which cannot be undone. So a copy of the state is kept from time to time
// while nothing is held back; at the end the session returns to that copy and reads the few tokens again that
// belong to the reply. The session then stands exactly behind the last shown character.
class Generation {
public:
    // The session must have a pending token and outlive this object; nobody else may use it meanwhile.
    static Result<Generation> start(Session &session, const Tokenizer &tokenizer, GenerationLimits limits);

    struct Step {
        std::string text;                     // whole characters, safe to show
        std::vector<TokenTrace> traces;       // of the tokens whose text became certain with this step
        std::optional<FinishReason> finished; // Stop or Length: call finish()
    };
    Result<Step> next();

    // Ends the reply, after next() said so or as Cancelled at any other time, and brings the session behind
    // its last token. Returns what was still held back. Call once.
    Result<Step> finish(FinishReason reason);

    const std::string &text() const { return m_text; }                 // all that was shown
    const std::vector<TokenTrace> &traces() const { return m_traces; } // of all kept tokens, in order
    // Tokens sampled so far, those that may still turn out to belong to a stop string included.
    int sampledTokens() const { return m_sampled; }

private:
    Generation(Session &session, const Tokenizer &tokenizer, GenerationLimits limits,
               Session::Checkpoint checkpoint);

    Result<TokenId> sample();
    bool isEnd(TokenId token) const;
    void release(Step &step); // the held tokens are certain now
    // Of the held tokens those whose text was shown; where a token reaches into the stop string, its shown
    // part anew.
    std::vector<TokenTrace> shownPartOfHeld() const;

    Session *m_session;
    const Tokenizer *m_tokenizer;
    GenerationLimits m_limits;
    Session::Checkpoint m_checkpoint;
    Utf8Stream m_utf8;
    StopMatcher m_stop;
    std::string m_text;
    std::vector<TokenTrace> m_traces;
    std::vector<TokenTrace> m_held; // sampled, but perhaps part of a stop string
    std::size_t m_certainTokens;    // tokens of the session before the held ones
    std::size_t m_certainText = 0;  // bytes of m_text that the certain tokens stand for
    int m_sampled = 0;
    bool m_stopComplete = false; // a stop string was found
};

} // namespace volary
