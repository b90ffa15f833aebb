// Reading a document once, and asking about it, on the engine thread.
#pragma once

#include "core/engine/document_tokens.h"
#include "core/engine/loaded_model.h"
#include "core/engine/messages.h"
#include "core/engine/store_thread.h"

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <stop_token>

namespace volary {

// Feeds a document to the model, slice by slice, on from the state that the library has. The state is saved
// at least every 2,048 tokens or 5 seconds and at the end of every chapter: whatever ends the program, no
// more than that is read again. Saving happens on the store thread while reading goes on.
class ReadingJob {
public:
    using Emit = std::function<void(Event)>;

    ReadingJob(LoadedModel &model, StoreThread &store, const command::ReadDocument &command,
               std::stop_token stop, Emit emit);

    DocumentId document() const { return m_command.document; }

    // Works for about a quarter of a second. False: the job has ended, and event::ReadingEnded was sent.
    bool goOn();
    // Ends it now; what was read is kept.
    void end(std::optional<Error> error);

private:
    using Clock = std::chrono::steady_clock;

    Result<bool> slice(); // true: there is more to do
    Result<> begin();
    Result<> restore();
    Result<> read();
    Result<> save(std::optional<int> chapter);
    Result<> waitForSave();
    void tell();
    double tokensPerSecond() const;
    std::size_t position() const { return m_session ? m_session->tokens().size() : 0; }

    LoadedModel &m_model;
    StoreThread &m_store;
    command::ReadDocument m_command;
    std::stop_token m_stop;
    Emit m_emit;
    std::optional<DocumentTokens> m_text;
    std::optional<Session> m_session; // once all tokens are known
    std::size_t m_reused = 0;         // tokens that came with the stored state
    double m_seconds = 0;             // spent on reading
    std::size_t m_saved = 0;          // tokens whose state is being saved or is on disk
    std::size_t m_safe = 0;           // tokens whose state is on disk
    Clock::time_point m_savedAt;
    std::future<Result<>> m_saving;
};

// The reading of a document by this model, to its end; else an Error that says what is missing.
Result<Reading> completeReading(Library &library, DocumentId document, const ModelIdentity &model);

// Sends event::DocumentAsked, then all that a ReplyJob sends. An Error: there is no conversation, and nothing
// was sent.
Result<> askDocument(LoadedModel &model, StoreThread &store, const command::AskDocument &command,
                     std::stop_token stop, const ReadingJob::Emit &emit);

} // namespace volary
