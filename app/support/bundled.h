// The models that come with the program, found from the build tree and from where it is installed.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string_view>
#include <vector>

namespace volary {

// Folders that hold one folder per model, the preferred one first; only those that exist. VOLARY_RESOURCES,
// when set, replaces all others: it names a folder that has a folder "models".
std::vector<std::filesystem::path> bundledModelFolders();

// The folder of every bundled model, by name.
std::vector<std::filesystem::path> bundledModels();

// The folder of one of them. The error names those that are there.
Result<std::filesystem::path> findBundledModel(std::string_view name);

// What a user writes for a model: "bundled:NAME", or the path of a file or folder, which is returned
// unchecked.
Result<std::filesystem::path> resolveModelPath(std::string_view given);

} // namespace volary
