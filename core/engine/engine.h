// The engine: the one thing the window and the command line talk to.
#pragma once

#include "core/engine/messages.h"

#include <functional>
#include <memory>

namespace volary {

// Owns two threads. The engine thread owns backends, models and sessions; the store thread owns the library.
// Commands are posted from any thread and answered by events; nothing here blocks the caller.
//
// Order: events of one command come in order; commands that need the engine run one after another, those that
// only need the library do not wait for a reply that is being generated.
class Engine {
public:
    struct Options {
        std::filesystem::path library; // empty: nothing is stored
        std::vector<std::filesystem::path>
            vocabularies; // folders searched for a vocabulary, after the model's own
    };
    // Called on the engine's threads, one call at a time. Must not block.
    using EventSink = std::function<void(RequestId, Event)>;

    // The library is opened on the store thread; event::LibraryOpened or LibraryFailed (request 0) tells the
    // outcome.
    Engine(Options options, EventSink sink);
    // Stops a running reply, keeps what it has, finishes every save that was begun.
    ~Engine();
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    RequestId post(Command command);

    // Asks the command to stop: a reply ends as Cancelled with its text kept, a model load as
    // ErrorCode::Cancelled. Answers within one step (one token, one prefill chunk, one tensor).
    void cancel(RequestId request);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace volary
