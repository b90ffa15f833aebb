// What tokenizers ask of Unicode, through utf8proc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

enum class CharacterClass : std::uint8_t { Letter, Number, Space, LineEnd, Other }; // LineEnd: CR and LF

struct Character {
    std::size_t offset; // in the text
    CharacterClass kind;
    char ascii; // 0 beyond ASCII
};

// Every character of a text in order; bytes that are no UTF-8 count as one character of the class Other each.
// Letters and numbers are Unicode's general categories L and N, space is the property White_Space.
std::vector<Character> classify(std::string_view text);

// Normalisation form C. Text that is no UTF-8 stays as it is.
std::string composed(std::string_view text);

} // namespace volary
