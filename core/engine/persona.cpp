#include "core/engine/persona.h"

#include "core/base/text.h"
#include "core/text/chat_format.h"

namespace volary {

namespace {

constexpr std::string_view kBlank = " \t\r\n";

bool isBlank(std::string_view text)
{
    return text.find_first_not_of(kBlank) == std::string_view::npos;
}

Result<> check(const command::MakePersona &command)
{
    if (isBlank(command.name) || !isValidUtf8(command.name))
        return Error{ErrorCode::Invalid, "A persona needs a name.", "Give it one that you will recognise."};
    if (isBlank(command.text) && command.initialState.empty())
        return Error{ErrorCode::Invalid, "There is nothing that this persona could be made of.",
                     "Write what it should have read, or choose a tuned state."};
    return {};
}

Result<std::vector<TokenId>> tokensOf(const command::MakePersona &command, LoadedModel &model)
{
    if (isBlank(command.text))
        return std::vector<TokenId>();
    const ChatFormat *format = findChatFormat(command.chatFormat);
    if (!format)
        format = findChatFormat(model.description()->chatFormat);
    if (!format)
        format = &chatFormats().front();
    return encode(model.tokenizer(), format->openSystem(command.text));
}

} // namespace

Result<Event> makePersona(LoadedModel &model, StoreThread &store, const command::MakePersona &command,
                          const std::stop_token &stop, const std::function<void(Event)> &emit)
{
    TRY_(check(command));
    TRY(Session session, model.newSession(model.description()->suggestedSettings.sampler));
    if (!command.initialState.empty()) {
        TRY(const auto tuned, openTensorFile(command.initialState));
        TRY_(session.resetTo(*tuned));
    }
    TRY(const std::vector<TokenId> tokens, tokensOf(command, model));
    if (!tokens.empty())
        TRY_(session.feed(tokens, stop, [&](std::size_t done) {
            emit(event::PromptProgress{0, std::int64_t(done), std::int64_t(tokens.size())});
        }));
    if (stop.stop_requested()) // a short text is read in one go
        return Error{ErrorCode::Cancelled, "Making the persona was cancelled.", ""};
    TRY(const SnapshotImage image, session.snapshot());
    TRY(SnapshotSummary summary,
        store.call<SnapshotSummary>([&](Library &library) -> Result<SnapshotSummary> {
            TRY(const SnapshotId id, library.saveSnapshot(image, command.name));
            return library.snapshot(id);
        }));
    return Event(event::PersonaMade{std::move(summary)});
}

} // namespace volary
