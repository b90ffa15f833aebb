// Reads the vocabulary file of the RWKV World tokenizer: one "ID LITERAL LENGTH" a line.
#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace volary {

// The bytes of every token; the index is the id. Index 0, which ends a document, and ids that the file leaves
// out are empty.
using WorldVocabulary = std::vector<std::string>;

// `text` is the whole file and may be hostile: errors name the line. A vocabulary that lacks one of the 256
// single bytes is refused, for then some texts would have no tokens.
Result<WorldVocabulary> parseWorldVocabulary(std::string_view text);

// True when the text begins like such a file: a number, a space, and a quoted literal.
bool looksLikeWorldVocabulary(std::string_view text);

} // namespace volary
