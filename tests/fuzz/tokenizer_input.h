// What every tokenizer promises, held to a vocabulary that the fuzzer made.
#pragma once

#include "core/base/check.h"
#include "core/text/tokenizer.h"

#include <algorithm>

namespace volary::test {

inline void useTokenizer(const Tokenizer &tokenizer)
{
    constexpr std::string_view kText = "User: abab  na\xC3\xAFve \xE2\x82\xAC 123\n\n\xFF<|im_end|>";
    const auto tokens = tokenizer.encode(kText);
    VOLARY_CHECK(std::ranges::all_of(tokens,
                                     [&](TokenId id) {
                                         return id >= 0 && id < tokenizer.vocabularySize() &&
                                                tokenizer.isDefined(id);
                                     }),
                 "a text becomes tokens of the vocabulary");
    if (tokenizer.kind() == "bpe") // the others add a space, or have no token for some bytes
        VOLARY_CHECK(tokenizer.decode(tokens) == kText, "every byte comes back");
    std::size_t bytes = 0;
    for (TokenId id = -1; id <= std::min(tokenizer.vocabularySize(), 1 << 12); ++id)
        bytes += tokenizer.bytes(id).size();
    VOLARY_CHECK(bytes < (1u << 30), "tokens are short");
}

} // namespace volary::test
