// Byte-level BPE vocabularies as Hugging Face writes them: tokenizer.json, or vocab.json beside merges.txt.
#pragma once

#include "core/base/result.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace volary {

inline constexpr TokenId kNoByte = -1;

struct BpeMerge {
    std::uint32_t rank; // smaller ones are merged first
    TokenId joined;
};

struct BpeVocabulary {
    std::vector<std::string>
        tokens;                  // their bytes; the index is the id; ids that the file leaves out are empty
    std::vector<TokenId> ofByte; // [256] the token of each single byte; kNoByte for some that no UTF-8 has
    std::unordered_map<std::uint64_t, BpeMerge> merges; // by left id << 32 | right id
    // Found in a text before it is cut: runs of spaces in GPT-NeoX. Special ones, such as the marks of turns,
    // are in `tokens` but never found in a text: a message must not be able to end its own turn.
    std::vector<TokenId> found;
    std::vector<TokenId> special;
    PreTokenizer preTokenizer = PreTokenizer::Gpt2;
    bool composes = false; // normalisation form C first
};

// A vocabulary as GGUF files hold it. Views, valid during the call only.
struct BpeLists {
    std::span<const std::string> tokens; // by id, spelled like those of tokenizer.json
    std::span<const std::int64_t> types; // 1 normal, 3 control, 4 user defined, 5 unused; may be empty
    std::span<const std::string> merges; // "a b"
    std::string_view preTokenizer;       // "qwen2", "gpt-2", ...
};
Result<BpeVocabulary> makeBpeVocabulary(const BpeLists &lists);

// Hostile input is refused with a message that names the field. `folder` is where merges.txt is looked for
// when `content` is a vocab.json.
Result<BpeVocabulary> parseBpeVocabulary(std::string_view content, const std::filesystem::path &folder);

} // namespace volary
