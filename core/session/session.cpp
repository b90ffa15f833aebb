#include "core/session/session.h"

#include "core/base/check.h"
#include "core/base/text.h"

#include <algorithm>

namespace volary {

Session::Session(Runner &runner, ModelIdentity identity, State state, const SamplerSettings &settings)
    : m_runner(&runner), m_identity(std::move(identity)), m_beginning(runner.beginning()),
      m_state(std::move(state)), m_sampler(settings), m_logits(std::size_t(runner.model().info().vocabulary))
{}

Result<Session> Session::create(Runner &runner, ModelIdentity identity, const SamplerSettings &settings)
{
    TRY(State state, runner.newState());
    return Session(runner, std::move(identity), std::move(state), settings);
}

Result<> Session::feed(std::span<const TokenId> tokens, std::stop_token stop, const Progress &progress)
{
    std::size_t read = 0;
    while (!tokens.empty()) {
        if (m_tokens.empty()) { // nothing was pending: the first token becomes it
            m_tokens.push_back(tokens.front());
            tokens = tokens.subspan(1);
            continue;
        }
        // The pending token and all but the last of this piece are read; the last is pending next.
        const auto piece = tokens.first(std::min(tokens.size(), std::size_t(m_runner->rowsAtOnce())));
        std::vector<TokenId> rows{m_tokens.back()};
        rows.insert(rows.end(), piece.begin(), piece.end() - 1);
        const SequenceInput input{rows, &m_state};
        // Where enough rows follow, what they overwrite need not be computed.
        const auto rest = std::int64_t(tokens.size() - piece.size());
        const int lookback = m_runner->model().lookback();
        const bool passing = rest > 0 && rest >= lookback && !stop.stop_requested();
        TRY_(m_runner->run({&input, 1}, passing ? Want::Passing : Want::StateOnly));
        m_tokens.insert(m_tokens.end(), piece.begin(), piece.end());
        tokens = tokens.subspan(piece.size());
        read += piece.size();
        if (progress)
            progress(read);
        const bool whole = !passing || lookback == 0; // what is left behind could be gone on from
        if (stop.stop_requested() && !tokens.empty() && whole)
            return Error{ErrorCode::Cancelled, "Reading was cancelled.", ""};
    }
    return {};
}

Result<TokenId> Session::step(const std::function<bool(TokenId)> &allowed)
{
    VOLARY_CHECK(!m_tokens.empty(), "there is nothing to go on from");
    const SequenceInput input{{&m_tokens.back(), 1}, &m_state};
    TRY_(m_runner->run({&input, 1}, Want::LastLogits));
    TRY_(m_runner->readLogits(m_logits));
    return draw(allowed);
}

Result<TokenId> Session::draw(const std::function<bool(TokenId)> &allowed)
{
    const TokenId token = m_sampler.sample(m_logits, allowed);
    if (token == kNoToken)
        return Error{ErrorCode::Corrupt,
                     "The model's output is not a number any more: no token can be drawn from it.",
                     "Go back to an earlier turn; if it happens again, the model file may be damaged."};
    m_tokens.push_back(token);
    return token;
}

Result<> stepTogether(std::span<Session *const> sessions, const std::function<bool(TokenId)> &allowed)
{
    VOLARY_CHECK(!sessions.empty() && sessions.size() <= std::size_t(Runner::kMaxRows), "1 to 256 sessions");
    Runner &runner = *sessions.front()->m_runner;
    std::vector<SequenceInput> inputs;
    for (Session *session : sessions) {
        VOLARY_CHECK(session->m_runner == &runner && !session->m_tokens.empty(),
                     "sessions of one runner, with tokens");
        inputs.push_back({{&session->m_tokens.back(), 1}, &session->m_state});
    }
    TRY_(runner.run(inputs, Want::LastLogits));
    const auto vocabulary = std::size_t(runner.model().info().vocabulary);
    std::vector<float> logits(sessions.size() * vocabulary);
    TRY_(runner.readLogits(logits));
    for (std::size_t b = 0; b < sessions.size(); ++b) {
        Session &session = *sessions[b];
        std::copy_n(logits.begin() + std::ptrdiff_t(b * vocabulary), vocabulary, session.m_logits.begin());
        TRY_(session.draw(allowed));
    }
    return {};
}

Result<Session::Checkpoint> Session::checkpoint() const
{
    TRY(State::Mark mark, m_state.mark());
    return Checkpoint{std::move(mark), m_tokens.size()};
}

Result<> Session::updateCheckpoint(Checkpoint &checkpoint) const
{
    TRY_(m_state.updateMark(checkpoint.state));
    checkpoint.tokens = m_tokens.size();
    return {};
}

Result<> Session::returnTo(const Checkpoint &checkpoint, std::span<const TokenId> more)
{
    VOLARY_CHECK(checkpoint.tokens <= m_tokens.size(), "a checkpoint lies in the past");
    TRY_(m_state.returnTo(checkpoint.state));
    m_tokens.resize(checkpoint.tokens);
    return feed(more);
}

Result<SnapshotImage> Session::snapshot() const
{
    TRY(auto state, m_state.download());
    return SnapshotImage{m_identity, m_tokens, std::move(state), m_sampler.state(), m_beginning};
}

Result<> Session::restore(const SnapshotImage &image)
{
    const ModelIdentity &saved = image.model;
    if (saved.fingerprint != m_identity.fingerprint)
        return Error{ErrorCode::Mismatch,
                     format("This was saved with “%s” (%.8s), but “%s” (%.8s) is open.",
                            printable(saved.name).c_str(), printable(saved.fingerprint).c_str(),
                            m_identity.name.c_str(), m_identity.fingerprint.c_str()),
                     format("Open %s first.", printable(saved.name).c_str())};
    if (saved.tokenizer != m_identity.tokenizer)
        return Error{ErrorCode::Mismatch,
                     format("This was saved with another vocabulary for “%s” than the one in use now.",
                            printable(saved.name).c_str()),
                     "Put the original vocabulary file back beside the model."};
    const int vocabulary = m_runner->model().info().vocabulary;
    if (std::ranges::any_of(image.tokens, [&](TokenId id) { return id < 0 || id >= vocabulary; }))
        return Error{ErrorCode::Corrupt, "The saved conversation holds tokens that this model does not have.",
                     ""};
    const std::size_t read = image.tokens.empty() ? 0 : image.tokens.size() - 1;
    for (const TensorImage &tensor : image.state) {
        if (tensor.spec.growth == StateGrowth::OneRowPerToken && tensor.spec.shape.rank() > 0 &&
            tensor.spec.shape[0] != std::int64_t(read))
            return Error{ErrorCode::Corrupt,
                         format("The saved state has %lld rows of %s after %zu tokens.",
                                static_cast<long long>(tensor.spec.shape[0]),
                                printable(tensor.spec.name).c_str(), read),
                         "Continue from another turn, or send the message again."};
    }
    TRY_(m_state.upload(image.state));
    m_tokens = image.tokens;
    m_sampler = Sampler(image.sampler);
    m_beginning = image.beginning;
    return {};
}

Result<> Session::reset()
{
    TRY(m_state, m_runner->newState());
    m_beginning = m_runner->beginning();
    m_tokens.clear();
    m_sampler.restart();
    return {};
}

Result<> Session::resetTo(const TensorFile &file)
{
    TRY_(reset());
    TRY(const InitialState tuned, readInitialState(file, m_state));
    TRY_(m_state.upload(tuned.tensors));
    m_beginning = tuned.fingerprint;
    return {};
}

} // namespace volary
