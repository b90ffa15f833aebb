#include "core/engine/import_job.h"

#include <chrono>

namespace volary {

namespace {
constexpr auto kProgressEvery = std::chrono::milliseconds(50);
} // namespace

event::ChatsImported importChats(StoreThread &store, const command::ImportChats &command,
                                 const std::function<bool()> &keepGoing,
                                 const std::function<void(event::ImportProgress)> &tell)
{
    using Clock = std::chrono::steady_clock;
    event::ChatsImported imported{0, 0, {}};
    const auto total = std::int64_t(command.chosen.size());
    auto lastTold = Clock::now() - kProgressEvery;
    for (const std::size_t index : command.chosen) {
        if (!keepGoing()) {
            imported.error = Error{ErrorCode::Cancelled, "The import was cancelled.", ""};
            return imported;
        }
        const ImportedChat &chat = command.chats->chats.at(index);
        const auto stored = store.call<ConversationId>(
            [&](Library &library) { return library.importConversation(chat.conversation, chat.turns); });
        if (!stored) {
            imported.error = stored.error();
            return imported;
        }
        ++imported.conversations;
        imported.turns += std::int64_t(chat.turns.size());
        if (Clock::now() - lastTold < kProgressEvery)
            continue;
        lastTold = Clock::now();
        tell({imported.conversations, total});
    }
    return imported;
}

} // namespace volary
