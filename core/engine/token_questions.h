// What the open model says about the tokens of a text: how well it predicted them, and what may come next.
#pragma once

#include "core/engine/loaded_model.h"
#include "core/engine/messages.h"
#include "core/engine/store_thread.h"

#include <functional>
#include <optional>
#include <stop_token>

namespace volary {

// On the engine thread, both; they tell their progress by `emit`.

// Answers with event::TextScored. Invalid for a text of fewer than two tokens or of more than
// command::TokenSource::kMostTokens, Mismatch for a snapshot of another vocabulary.
Result<Event> scoreText(LoadedModel &model, StoreThread &store, const command::ScoreText &command,
                        const std::stop_token &stop, const std::function<void(Event)> &emit);

// Keeps the state at the end of the text that was asked about last, so that each further question about what
// follows reads its path alone. Must not outlive the model.
class NextTokens {
public:
    explicit NextTokens(LoadedModel &model) : m_model(model) {}

    // Answers with event::NextPredicted. Invalid without a token to go on from; Mismatch for a snapshot of
    // another model.
    Result<Event> predict(StoreThread &store, const command::PredictNext &command,
                          const std::stop_token &stop, const std::function<void(Event)> &emit);

private:
    struct Root {
        command::TokenSource source;
        Session session;
        Session::Checkpoint end; // of what the source holds
    };
    Result<> readRoot(StoreThread &store, const command::TokenSource &source, const std::stop_token &stop,
                      const std::function<void(Event)> &emit);

    LoadedModel &m_model;
    std::optional<Root> m_root;
};

// On any thread. Answers with event::TextTokenised.
Result<Event> tokeniseText(const Tokenizer &vocabulary, const command::TokeniseText &command);

} // namespace volary
