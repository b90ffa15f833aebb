#include "core/session/generation.h"

#include "core/base/check.h"

#include <algorithm>

namespace volary {

namespace {
// At most this many tokens (and those of the stop string) are read again at the end of a reply.
constexpr std::size_t kCheckpointEvery = 16;
} // namespace

Generation::Generation(Session &session, const Tokenizer &tokenizer, GenerationLimits limits,
                       Session::Checkpoint checkpoint)
    : m_session(&session), m_tokenizer(&tokenizer), m_limits(std::move(limits)),
      m_checkpoint(std::move(checkpoint)), m_stop(m_limits.stops), m_certainTokens(session.tokens().size())
{
    m_utf8.push(m_limits.carry);
}

Result<Generation> Generation::start(Session &session, const Tokenizer &tokenizer, GenerationLimits limits)
{
    TRY(auto checkpoint, session.checkpoint());
    return Generation(session, tokenizer, std::move(limits), std::move(checkpoint));
}

bool Generation::isEnd(TokenId token) const
{
    return std::ranges::count(m_limits.endTokens, token) > 0;
}

Result<TokenId> Generation::sample()
{
    const bool first = m_sampled == 0 && m_limits.forceStart;
    return m_session->step([&](TokenId token) {
        if (isEnd(token))
            return !first;
        return m_tokenizer->isDefined(token) && !(first && m_tokenizer->bytes(token).starts_with('\n'));
    });
}

Result<Generation::Step> Generation::next()
{
    if (m_held.empty() && m_session->tokens().size() >= m_checkpoint.tokens + kCheckpointEvery)
        TRY_(m_session->updateCheckpoint(m_checkpoint));
    TRY(const TokenId token, sample());
    ++m_sampled;

    Step step;
    if (isEnd(token)) {
        step.finished = FinishReason::Stop;
        return step;
    }
    m_held.push_back({token, mostLikely(m_session->logits(), m_limits.alternatives)});
    auto matched = m_stop.push(m_utf8.push(m_tokenizer->bytes(token)));
    step.text = std::move(matched.text);
    m_text += step.text;
    m_stopComplete = matched.stopped;
    if (matched.stopped)
        step.finished = FinishReason::Stop;
    else if (!m_stop.holdsBack() && m_utf8.pending().empty())
        release(step);
    if (!step.finished && m_sampled >= m_limits.maxTokens)
        step.finished = FinishReason::Length;
    return step;
}

void Generation::release(Step &step)
{
    step.traces.insert(step.traces.end(), m_held.begin(), m_held.end());
    m_traces.insert(m_traces.end(), m_held.begin(), m_held.end());
    m_certainTokens += m_held.size();
    m_certainText = m_text.size();
    m_held.clear();
}

std::vector<TokenTrace> Generation::shownPartOfHeld() const
{
    std::vector<TokenTrace> kept;
    std::string_view shown = std::string_view(m_text).substr(m_certainText);
    for (const TokenTrace &trace : m_held) {
        const std::string_view bytes = m_tokenizer->bytes(trace.token);
        if (shown.empty() || !shown.starts_with(bytes))
            break;
        kept.push_back(trace);
        shown.remove_prefix(bytes.size());
    }
    for (const TokenId token : m_tokenizer->encode(shown))
        kept.push_back({token, {}});
    return kept;
}

Result<Generation::Step> Generation::finish(FinishReason reason)
{
    Step step{.text = {}, .traces = {}, .finished = reason};
    if (m_stopComplete) {
        m_held = shownPartOfHeld();
    } else {
        step.text = m_stop.push(m_utf8.flush()).text;
        step.text += m_stop.flush();
        m_text += step.text;
    }
    if (reason ==
        FinishReason::Stop) { // the state has read the stop string or the end token: go back and leave it out
        const auto since =
            m_session->tokens().subspan(m_checkpoint.tokens, m_certainTokens - m_checkpoint.tokens);
        std::vector<TokenId> again(since.begin(), since.end());
        for (const TokenTrace &trace : m_held)
            again.push_back(trace.token);
        TRY_(m_session->returnTo(m_checkpoint, again));
    }
    release(step);
    return step;
}

} // namespace volary
