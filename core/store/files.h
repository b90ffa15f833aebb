// Files beside a library: names, and moves that are whole or not at all.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace volary {

// library.volary -> library.volary.lock
std::filesystem::path beside(const std::filesystem::path &path, std::string_view suffix);
// The same, with a number behind it where that name is taken.
std::filesystem::path freeNameBeside(const std::filesystem::path &path, const std::string &suffix);

// One name for one file, so that two ways to write its path meet the same lock.
std::filesystem::path canonicalPath(const std::filesystem::path &path);

// "Writing /a/b failed: no space left." `task`: "Writing".
Error fileTrouble(const char *task, const std::filesystem::path &path, const std::string &reason);

Result<> syncToDisk(const std::filesystem::path &path);
// Gives a file that was written beside its place its name: from then on it is there, whole.
Result<> moveIntoPlace(const std::filesystem::path &from, const std::filesystem::path &to);
void removeFile(const std::filesystem::path &path); // if it can be

// Whether all that was stored is in the file itself: neither kind of log that may hold changes lies beside
// it.
bool hasNoLog(const std::filesystem::path &path);

} // namespace volary
