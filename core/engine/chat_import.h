// Conversations out of files that other programs, or Volary itself, have exported.
#pragma once

#include "core/base/result.h"
#include "core/store/library.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

// One conversation of a file, as Library::importConversation takes it.
struct ImportedChat {
    Conversation conversation; // title, times, model name, current
    std::vector<Turn> turns;   // parents before children
    std::int64_t bytes = 0;    // of text
    std::int64_t leftOut = 0;  // messages and parts without text of the conversation: images, tools' outputs
};

struct ChatExport {
    std::string kind; // for people: "ChatGPT"
    std::vector<ImportedChat> chats;
    std::int64_t empty = 0; // conversations in which there was nothing to keep
};

// Reads a file of one of these forms, whatever its ending:
// - "conversations.json" of a ChatGPT data export: the whole tree of each conversation,
// - JSON with lists of {"role", "content"}, as the OpenAI interface has them,
// - the JSON or Markdown that exportConversation() writes.
// The file may be hostile: Corrupt or Unsupported, with the reason, for anything else or larger than the
// limits.
Result<ChatExport> readChatExport(const std::filesystem::path &path);
Result<ChatExport> parseChatExport(std::string_view text);

// For each: whether the library has a conversation, in the trash or not, that began at the same time.
Result<std::vector<bool>> knownChats(const Library &library, const ChatExport &chats);

} // namespace volary
