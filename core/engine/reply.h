// The four ways to get a reply, on the engine thread.
#pragma once

#include "core/engine/loaded_model.h"
#include "core/engine/messages.h"
#include "core/engine/store_thread.h"
#include "core/session/generation.h"

#include <functional>
#include <stop_token>

namespace volary {

// Finds the stored state, reads what is new, generates, and stores the result turn by turn. One object per
// reply.
//
// What is on disk when: the user's turn with its state before the reply starts; the text of a running reply
// at least every second; the finished reply with its state before TurnFinished is sent.
class ReplyJob {
public:
    using Emit = std::function<void(Event)>;
    // Called after every token.
    using Observe = std::function<void(ConversationId, const Session &)>;

    ReplyJob(LoadedModel &model, StoreThread &store, std::stop_token stop, Emit emit, Observe observe = {});

    // Each ends with event::TurnFinished or event::GenerationFailed.
    void run(const command::SendMessage &command);
    void run(const command::Regenerate &command);
    void run(const command::ContinueReply &command);
    void run(const command::BranchAtToken &command);

private:
    // A reply about to be generated.
    struct Start {
        Turn reply;                         // parent and, when something is continued, text and id
        std::vector<TokenTrace> traces;     // of what it begins with
        const ChatFormat *format = nullptr; // of the prompt
        std::string carry;                  // bytes of an unfinished character at its end
        std::optional<Turn> userTurn;       // stored just now
        std::int64_t reused = 0;            // tokens that came with the stored state
        std::int64_t read = 0;              // tokens read now
        double seconds = 0;                 // for reading them
        bool continued = false;             // the reply had ended before
    };

    Result<Start> prepare(const command::SendMessage &command, Session &session);
    Result<Start> prepare(const command::Regenerate &command, Session &session);
    Result<Start> prepare(const command::ContinueReply &command, Session &session);
    Result<Start> prepare(const command::BranchAtToken &command, Session &session);
    template <typename Command>
    void runAny(const Command &command);

    Result<std::vector<Turn>> turnsOf(ConversationId conversation);
    // Brings the session to the end of a turn. Partial turns have no state: their parent's is taken and their
    // tokens are read again. Nor have those that were imported: their text is, once.
    Result<> restore(Session &session, const std::vector<Turn> &turns, TurnId turn,
                     const GenerationSettings &settings, Start &start);
    Result<> readText(Session &session, const std::vector<Turn> &turns, const Turn &turn,
                      const GenerationSettings &settings, Start &start);
    // Takes the longest stored beginning of what the session will have read, from whichever conversation, and
    // leaves in `tokens` what must still be read. The sampler stays as it is.
    Result<> skipKnown(Session &session, std::span<const TokenId> &tokens, Start &start);
    // Brings a fresh session to what the settings say that a conversation begins with.
    Result<> begin(Session &session, const GenerationSettings &settings, Start &start);
    Result<> read(Session &session, std::span<const TokenId> tokens, ConversationId conversation,
                  Start &start);
    Result<Turn> saveUserTurn(const command::SendMessage &command, Session &session, const ChatFormat &format,
                              std::int64_t tokens);
    // The format in which the prompt of a reply was written; `turn` is the user's turn or the reply.
    const ChatFormat &formatOfPrompt(const std::vector<Turn> &turns, TurnId turn,
                                     const GenerationSettings &settings) const;
    Result<> nameAfter(const command::SendMessage &command);

    Result<> generate(Session &session, const Start &start, const GenerationSettings &settings);
    void append(Turn &reply, const Generation::Step &step, const Generation &generation);
    Result<> keepPartial(Turn &reply, const Session &session, const Start &start);
    Result<> save(Turn &reply, Session &session, const Start &start, const Generation &generation,
                  const GenerationSettings &settings, FinishReason reason);
    void fail(ConversationId conversation, Error error);
    double tokensPerSecond(const Generation &generation) const;

    LoadedModel &m_model;
    StoreThread &m_store;
    std::stop_token m_stop;
    Emit m_emit;
    Observe m_observe;
    std::optional<Turn> m_partial;  // what is on disk of the running reply
    std::int64_t m_startedNs = 0;   // of the generation
    std::size_t m_promptTokens = 0; // tokens of the session before the reply
};

} // namespace volary
