// A conversation as a file for people and other programs.
#pragma once

#include "core/base/result.h"
#include "core/store/library.h"

#include <filesystem>
#include <optional>
#include <span>

namespace volary {

// Markdown holds the path from the first turn to `leaf`; JSON holds the whole tree. The file's ending
// decides. Written atomically.
Result<> exportConversation(const Conversation &conversation, std::span<const Turn> turns,
                            std::optional<TurnId> leaf, const std::filesystem::path &path);

} // namespace volary
