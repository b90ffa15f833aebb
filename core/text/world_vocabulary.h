// Reads the vocabulary file of the RWKV World tokenizer: one "ID LITERAL LENGTH" a line.
#pragma once

#include "core/base/result.h"

#include <span>
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

// The same from the entries of a GGUF file: printable ASCII with the escapes \t \n \r \\ \' and \xHH for a
// byte. `unused[id]` marks those that are no text: the end of a document and padding.
Result<WorldVocabulary> unescapeWorldVocabulary(std::span<const std::string> escaped,
                                                const std::vector<bool> &unused);

// One such entry.
std::string escapeWorldToken(std::string_view bytes);

// True when the text begins like such a file: a number, a space, and a quoted literal.
bool looksLikeWorldVocabulary(std::string_view text);

} // namespace volary
