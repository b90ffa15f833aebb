// The part of a reply in which a model thinks before it answers: "<think>…</think>".
#pragma once

#include <cstddef>
#include <string_view>

namespace volary {

// Views into the reply. Only a block that the reply begins with counts: once the answer has begun, a tag in
// it (in a code fence, say) is text like any other.
struct Reasoning {
    bool present = false;
    bool closed = false;        // "</think>" has come; until then everything is thought
    std::string_view thought;   // without the tags and without white space around it
    std::string_view answer;    // without white space before it; the whole reply when nothing was thought
    std::size_t thoughtEnd = 0; // bytes of the reply up to the end of the closing tag; 0: not closed
};

// Whole characters may be missing at the end of `reply`: a tag that has come in part is not yet text.
Reasoning splitReasoning(std::string_view reply);

} // namespace volary
