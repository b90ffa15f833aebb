// Exported chats of any form: whatever is read is a forest whose parents stand before their children.
#include "core/base/check.h"
#include "core/base/text.h"
#include "core/engine/chat_import.h"

using namespace volary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto read = parseChatExport({reinterpret_cast<const char *>(data), size});
    if (!read)
        return 0;
    for (const ImportedChat &chat : read.value().chats) {
        VOLARY_CHECK(!chat.turns.empty() && chat.conversation.current, "there is something to show");
        for (std::size_t i = 0; i < chat.turns.size(); ++i) {
            const Turn &turn = chat.turns[i];
            VOLARY_CHECK(turn.id == TurnId(i + 1) && turn.parent.value_or(0) < turn.id, "parents come first");
            VOLARY_CHECK(isValidUtf8(turn.text), "text is text");
        }
    }
    return 0;
}
