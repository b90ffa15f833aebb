// From what the user points at to the files of a model.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/io/gguf.h"
#include "core/text/tokenizer.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace volary {

struct ModelFiles {
    std::filesystem::path weights;
    Json config;      // of config.json beside the weights; null when there is none
    Json generation;  // of generation_config.json, likewise
    std::string name; // for people: the config's, else the folder's or the file's
};

// A weights file stands for itself; in a folder the only weights file counts, or the only index of shards.
// Errors say what is there instead.
Result<ModelFiles> findModelFiles(const std::filesystem::path &path);

// The vocabulary inside the GGUF file (`gguf`, may be null), else the one found beside the model or in
// `folders`. `path` is what the user points at; `rows` are those of the embedding.
Result<std::shared_ptr<const Tokenizer>> findVocabulary(const std::filesystem::path &path,
                                                        const GgufMetadata *gguf,
                                                        std::span<const std::filesystem::path> folders,
                                                        int rows);

} // namespace volary
