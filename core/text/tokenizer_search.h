// Finds the tokenizer that belongs to a model.
#pragma once

#include "core/text/tokenizer.h"

#include <filesystem>
#include <span>

namespace volary {

// `model` is a model file or its folder. The folder is searched for tokenizer.model, tokenizer.json,
// 20B_tokenizer.json, vocab.json and rwkv_vocab_v*.txt (the newest); for a model with the embedding rows of
// the World vocabulary the extra folders are searched too. A model of 256 rows without a file reads bytes.
// The error says which file is missing and where to put it.
Result<std::shared_ptr<const Tokenizer>> findTokenizer(const std::filesystem::path &model,
                                                       std::span<const std::filesystem::path> extraFolders,
                                                       int vocabularyRows);

} // namespace volary
