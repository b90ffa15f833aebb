// From what the user points at to the files of a model.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <filesystem>
#include <string>

namespace volary {

struct ModelFiles {
    std::filesystem::path weights;
    Json config;      // of config.json beside the weights; null when there is none
    std::string name; // for people: the config's, else the folder's or the file's
};

// A weights file stands for itself; in a folder the only weights file counts. Errors say what is there
// instead.
Result<ModelFiles> findModelFiles(const std::filesystem::path &path);

} // namespace volary
