// Cuts a text into the pieces that byte pairs are merged within: words with the space before them, numbers,
// marks, runs of white space.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace volary {

// The regular expressions of two families of models, written out by hand:
//   Gpt2  's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//   Qwen2 (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+
//         |\s+(?!\S)|\s+
enum class PreTokenizer : std::uint8_t { Gpt2, Qwen2 };

// One behind the other they are the text.
std::vector<std::string_view> cutIntoPieces(PreTokenizer kind, std::string_view text);

} // namespace volary
