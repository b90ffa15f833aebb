// One sequence of tokens with its state: what a chat, a document or a command line works on.
#pragma once

#include "core/session/runner.h"
#include "core/session/sampler.h"
#include "core/session/snapshot_image.h"

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace volary {

// Invariant: the state has consumed every token but the last; the last is pending. Every call keeps it, also
// when it is cancelled or fails, except that after an error of the backend only restore() and reset() are
// allowed.
//
// Used by one thread. The runner must outlive it; several sessions may share one.
class Session {
public:
    static Result<Session> create(Runner &runner, ModelIdentity identity, const SamplerSettings &settings);

    std::span<const TokenId> tokens() const { return m_tokens; }
    Sampler &sampler() { return m_sampler; }
    const Sampler &sampler() const { return m_sampler; }
    const ModelIdentity &identity() const { return m_identity; }
    const std::string &beginning() const { return m_beginning; } // SnapshotImage::beginning

    // Called between chunks with the number of tokens read so far in this call.
    using Progress = std::function<void(std::size_t done)>;

    // Appends tokens and reads all but the last. A stop leaves what was read so far and one pending token,
    // and is reported as ErrorCode::Cancelled.
    Result<> feed(std::span<const TokenId> tokens, std::stop_token stop = {}, const Progress &progress = {});

    // Reads the pending token and samples the next one, which becomes the pending one. `allowed` may refuse
    // tokens. Requires at least one token.
    Result<TokenId> step(const std::function<bool(TokenId)> &allowed = {});

    // The logits that the last step() sampled from, [V].
    std::span<const float> logits() const { return m_logits; }

    // A position of this session to come back to. Taking one copies the state's fixed tensors and nothing
    // else.
    struct Checkpoint {
        State::Mark state;
        std::size_t tokens; // how many there were, the pending one included
    };
    Result<Checkpoint> checkpoint() const;
    Result<> updateCheckpoint(Checkpoint &checkpoint) const; // reuses its memory
    // Goes back, then appends `more`. The sampler stays as it is.
    Result<> returnTo(const Checkpoint &checkpoint, std::span<const TokenId> more);

    Result<SnapshotImage> snapshot() const;
    // Refuses images of another model, with a message that names both; then nothing has changed.
    Result<> restore(const SnapshotImage &image);
    Result<> reset(); // no tokens, a fresh state
    // The same, with the tuned matrices in `file` (initial_state.h) instead of those the runner begins with.
    Result<> resetTo(const TensorFile &file);

    friend Result<> stepTogether(std::span<Session *const> sessions,
                                 const std::function<bool(TokenId)> &allowed);

private:
    Session(Runner &runner, ModelIdentity identity, State state, const SamplerSettings &settings);

    // From m_logits; an Error when they are no numbers any more. The state has then read the pending token.
    Result<TokenId> draw(const std::function<bool(TokenId)> &allowed);

    Runner *m_runner;
    ModelIdentity m_identity;
    std::string m_beginning;
    State m_state;
    std::vector<TokenId> m_tokens;
    Sampler m_sampler;
    std::vector<float> m_logits;
};

// One step of several sessions of one runner, in one run: each weight is read once for all of them. At most
// Runner::kMaxRows sessions. The result of each equals its own step().
Result<> stepTogether(std::span<Session *const> sessions, const std::function<bool(TokenId)> &allowed = {});

} // namespace volary
