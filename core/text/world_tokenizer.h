// The tokenizer of the RWKV World models.
#pragma once

#include "core/text/tokenizer.h"
#include "core/text/world_vocabulary.h"

namespace volary {

// Greedy: at every position the longest token that fits; nothing is normalised, split or added, so any bytes
// come back exactly. Cost: text bytes times the longest token. `tokens` as parseWorldVocabulary() gives them.
std::shared_ptr<const Tokenizer> worldTokenizer(WorldVocabulary tokens);

} // namespace volary
