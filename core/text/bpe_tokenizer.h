// Byte-level BPE: Sennrich et al., 2016, over bytes as in GPT-2 (Radford et al., 2019).
#pragma once

#include "core/text/bpe_vocabulary.h"

#include <memory>

namespace volary {

std::shared_ptr<const Tokenizer> bpeTokenizer(BpeVocabulary vocabulary);

} // namespace volary
