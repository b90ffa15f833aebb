// From text to tokens and back.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

using TokenId = std::int32_t;

// Immutable after loading; may be shared between threads.
class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    virtual std::string_view kind() const = 0; // "rwkv-world", "sentencepiece", "bpe", "bytes"
    virtual int vocabularySize() const = 0;    // one more than the largest id

    // Any bytes are accepted, valid UTF-8 or not, and no token is added at either end. Marks such as the end
    // of a turn are never found in a text.
    virtual std::vector<TokenId> encode(std::string_view text) const = 0;

    // The bytes of one token; may be part of a character. Empty for ids that stand for no text (end of text,
    // unused).
    virtual std::string_view bytes(TokenId id) const = 0;

    // False for ids the vocabulary does not define: they must never be sampled.
    virtual bool isDefined(TokenId id) const = 0;

    // The id of a special token, "<|im_end|>": one that no text gives. Nothing when there is none of that
    // name.
    virtual std::optional<TokenId> specialToken(std::string_view name) const;

    // SHA-256 over kind and vocabulary, in hexadecimal: two tokenizers with the same identity give the same
    // tokens.
    virtual const std::string &identity() const = 0;

    std::string decode(std::span<const TokenId> tokens) const;
};

// Recognises the kind by content: an RWKV World vocabulary, a sentencepiece model, a tokenizer.json, or a
// vocab.json with merges.txt beside it.
Result<std::shared_ptr<const Tokenizer>> openTokenizer(const std::filesystem::path &path);

// Stands in where only token ids are dealt with: `rows` ids, none of which is text.
std::shared_ptr<const Tokenizer> missingTokenizer(int rows);

// The 256 single bytes, id = byte value: for the tiny byte-level test models.
std::shared_ptr<const Tokenizer> byteTokenizer();

} // namespace volary
