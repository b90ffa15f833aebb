// The vocabulary inside a GGUF file.
#pragma once

#include "core/io/gguf_writer.h"
#include "core/text/tokenizer.h"

namespace volary {

bool holdsVocabulary(const GgufMetadata &keys);

// Reads tokenizer.ggml.*: the World vocabulary ("rwkv") or byte-level BPE ("gpt2"). Hostile input is refused
// with a message that names the key. `rows` of the embedding must be enough for the tokens; padding at the
// end is not counted.
Result<std::shared_ptr<const Tokenizer>> ggufTokenizer(const GgufMetadata &keys, int rows);

// The keys that hold a vocabulary of the World tokenizers; empty for the other kinds, whose files lie beside
// the model.
GgufKeys ggufVocabulary(const Tokenizer &tokenizer);

} // namespace volary
