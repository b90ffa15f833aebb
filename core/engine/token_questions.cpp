#include "core/engine/token_questions.h"

#include "core/base/text.h"

namespace volary {

namespace {

constexpr int kAlternatives = 8;

using Image = std::shared_ptr<const SnapshotImage>;

Result<Image> load(StoreThread &store, SnapshotId id)
{
    return store.call<Image>([id](Library &library) { return library.loadSnapshot(id); });
}

Result<> checkLength(const std::string &text)
{
    if (text.size() > command::TokenSource::kMostBytes)
        return Error{ErrorCode::Invalid,
                     format("This text has %s, and at most %s can be looked at token by token.",
                            formatBytes(text.size()).c_str(),
                            formatBytes(command::TokenSource::kMostBytes).c_str()),
                     "Choose a part of it."};
    return {};
}

Result<std::vector<TokenId>> tokensOf(const command::TokenSource &source, LoadedModel &model,
                                      StoreThread &store)
{
    if (source.snapshot == 0) {
        TRY_(checkLength(source.text));
        return model.tokenizer().encode(source.text);
    }
    TRY(const Image image, load(store, source.snapshot));
    if (image->model.tokenizer != model.identity().tokenizer)
        return Error{ErrorCode::Mismatch,
                     format("This conversation was held with “%s”, whose vocabulary is not that of “%s”.",
                            printable(image->model.name).c_str(), printable(model.identity().name).c_str()),
                     "Paste its text, or open a model with the same vocabulary."};
    if (image->tokens.size() > command::TokenSource::kMostTokens)
        return Error{ErrorCode::Invalid,
                     format("This conversation has %s tokens, and at most %s can be looked at one by one.",
                            formatCount(image->tokens.size()).c_str(),
                            formatCount(command::TokenSource::kMostTokens).c_str()),
                     "Choose an earlier turn."};
    return image->tokens;
}

} // namespace

Result<Event> scoreText(LoadedModel &model, StoreThread &store, const command::ScoreText &command,
                        const std::stop_token &stop, const std::function<void(Event)> &emit)
{
    TRY(const std::vector<TokenId> tokens, tokensOf(command.source, model, store));
    if (tokens.size() < 2)
        return Error{ErrorCode::Invalid, "The text must have at least two tokens.", "Choose a longer one."};
    TRY(auto scores, scoreInDetail(model.runner(), tokens, kAlternatives, stop, [&](std::size_t done) {
            emit(event::TokenProgress{std::int64_t(done), std::int64_t(tokens.size())});
        }));
    return Event(event::TextScored{std::make_shared<const std::vector<TokenScore>>(std::move(scores)),
                                   model.description()});
}

Result<> NextTokens::readRoot(StoreThread &store, const command::TokenSource &source,
                              const std::stop_token &stop, const std::function<void(Event)> &emit)
{
    m_root.reset(); // the memory of the one before
    TRY(Session session, m_model.newSession(m_model.description()->suggestedSettings.sampler));
    if (source.snapshot != 0) {
        TRY(const Image image, load(store, source.snapshot));
        TRY_(session.restore(*image));
    } else {
        TRY(const std::vector<TokenId> tokens, tokensOf(source, m_model, store));
        TRY_(session.feed(tokens, stop, [&](std::size_t done) {
            emit(event::TokenProgress{std::int64_t(done), std::int64_t(tokens.size())});
        }));
    }
    if (session.tokens().empty())
        return Error{ErrorCode::Invalid, "There is no text that anything could follow.",
                     "Write some, or choose a turn of a conversation."};
    TRY(Session::Checkpoint end, session.checkpoint());
    m_root.emplace(Root{source, std::move(session), std::move(end)});
    return {};
}

Result<Event> NextTokens::predict(StoreThread &store, const command::PredictNext &command,
                                  const std::stop_token &stop, const std::function<void(Event)> &emit)
{
    if (!m_root || m_root->source != command.source)
        TRY_(readRoot(store, command.source, stop, emit));
    const auto work = [&]() -> Result<Event> {
        Session &session = m_root->session;
        TRY_(session.returnTo(m_root->end, command.path));
        TRY_(session.step());
        return Event(event::NextPredicted{command.path, mostLikely(session.logits(), command.count)});
    };
    auto answer = work();
    if (!answer) // the state is not what it was
        m_root.reset();
    return answer;
}

Result<Event> tokeniseText(const Tokenizer &vocabulary, const command::TokeniseText &command)
{
    TRY_(checkLength(command.text));
    return Event(
        event::TextTokenised{std::make_shared<const std::vector<TokenId>>(vocabulary.encode(command.text))});
}

} // namespace volary
