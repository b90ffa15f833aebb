// One character at a time from bytes that need not be UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace volary {

enum class Utf8Kind {
    Character,  // complete and well formed
    Unfinished, // every byte so far is right, the input ends too early
    Malformed   // a maximal subpart: what one U+FFFD stands for
};

struct Utf8Unit {
    Utf8Kind kind;
    std::size_t bytes; // at least 1
};

// Looks at the front of `text`, which must not be empty.
Utf8Unit scanUtf8(std::string_view text);

} // namespace volary
