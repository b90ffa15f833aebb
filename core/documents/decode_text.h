// From the bytes of a text file to UTF-8.
#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>

namespace volary {

struct DecodedText {
    std::string text;   // UTF-8, line ends LF, without control characters but tab and line end
    std::string notice; // what was guessed, for people; empty when nothing was
};

// UTF-8 with or without a mark, UTF-16 of either order (with a mark, or recognised by its zeros), else
// Windows-1252, the usual superset of Latin-1. Unsupported for bytes that are no text.
Result<DecodedText> decodeText(std::string_view bytes);

// Appends one code point; surrogates and what lies beyond Unicode become U+FFFD.
void appendUtf8(std::string &text, char32_t code);

// The code point that a byte 0x80..0x9F stands for in Windows-1252.
char32_t windows1252(unsigned char byte);

} // namespace volary
