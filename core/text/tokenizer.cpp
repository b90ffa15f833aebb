#include "core/text/tokenizer.h"

#include "core/base/file.h"
#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/text/bpe_tokenizer.h"
#include "core/text/sentencepiece_tokenizer.h"
#include "core/text/token_identity.h"
#include "core/text/world_tokenizer.h"

namespace volary {

namespace {

constexpr std::uint64_t kLargestFile = 64 << 20;
constexpr char kProtobufPiecesField =
    '\x0A'; // field 1, length-delimited: where every sentencepiece model begins

Result<std::shared_ptr<const Tokenizer>> parseTokenizer(const std::string &content,
                                                        const std::filesystem::path &folder)
{
    if (looksLikeWorldVocabulary(content)) {
        TRY(WorldVocabulary tokens, parseWorldVocabulary(content));
        return worldTokenizer(std::move(tokens));
    }
    if (content.starts_with(kProtobufPiecesField))
        return sentencepieceTokenizer(content);
    if (content.find_first_not_of(" \t\r\n") == content.find('{') && content.find('{') != std::string::npos) {
        TRY(BpeVocabulary vocabulary, parseBpeVocabulary(content, folder));
        return bpeTokenizer(std::move(vocabulary));
    }
    return Error{ErrorCode::Unsupported,
                 "this is no RWKV World vocabulary, no sentencepiece model and no tokenizer.json",
                 "Choose a file such as rwkv_vocab_v20230424.txt, tokenizer.model or tokenizer.json."};
}

} // namespace

std::optional<TokenId> Tokenizer::specialToken(std::string_view) const
{
    return std::nullopt;
}

std::string Tokenizer::decode(std::span<const TokenId> tokens) const
{
    std::string text;
    for (const TokenId token : tokens)
        text.append(bytes(token));
    return text;
}

std::string tokenIdentity(std::string_view kind, std::span<const std::string> tokens)
{
    Sha256 hash;
    hash.update(kind);
    for (const std::string &token : tokens) {
        hash.update(format(":%zu:", token.size()));
        hash.update(token);
    }
    return toHex(hash.finish());
}

Result<std::shared_ptr<const Tokenizer>> openTokenizer(const std::filesystem::path &path)
{
    TRY(const std::string content, readFile(path, kLargestFile));
    auto tokenizer = parseTokenizer(content, path.parent_path());
    if (!tokenizer)
        return std::move(tokenizer).error().during("reading the tokenizer " +
                                                   printable(path.filename().string()));
    return tokenizer;
}

} // namespace volary
