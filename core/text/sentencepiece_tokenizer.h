// Tokenizers made by sentencepiece, read and run by its own library.
#pragma once

#include "core/text/tokenizer.h"

namespace volary {

// `model` is the content of a .model file. Only models that give every text back are accepted: all 256 byte
// pieces, no normalisation, no added space. Bytes that the library would change (NUL, invalid UTF-8, the
// character U+2581) go through the byte pieces.
Result<std::shared_ptr<const Tokenizer>> sentencepieceTokenizer(std::string_view model);

} // namespace volary
