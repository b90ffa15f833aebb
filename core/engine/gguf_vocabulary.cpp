#include "core/engine/gguf_vocabulary.h"

#include "core/base/text.h"
#include "core/text/bpe_tokenizer.h"
#include "core/text/world_tokenizer.h"

namespace volary {

namespace {

constexpr std::string_view kModel = "tokenizer.ggml.model";
constexpr std::string_view kTokens = "tokenizer.ggml.tokens";
constexpr std::string_view kTypes = "tokenizer.ggml.token_type";
constexpr std::string_view kMerges = "tokenizer.ggml.merges";
constexpr std::string_view kPre = "tokenizer.ggml.pre";

enum TokenType : std::int64_t { Normal = 1, Control = 3, Unused = 5 };

Error corrupt(std::string what)
{
    return {ErrorCode::Corrupt, std::move(what), "Download or convert the file again."};
}

Result<std::shared_ptr<const Tokenizer>> world(const GgufValue::Strings &tokens,
                                               const GgufValue::Integers &types)
{
    std::vector<bool> unused;
    for (const std::int64_t type : types)
        unused.push_back(type == Control || type == Unused);
    while (!unused.empty() && unused.size() == tokens.size() && unused.back())
        unused.pop_back();
    const std::size_t used = types.empty() ? tokens.size() : unused.size();
    TRY(WorldVocabulary vocabulary, unescapeWorldVocabulary(std::span(tokens).first(used), unused));
    return worldTokenizer(std::move(vocabulary));
}

Result<std::shared_ptr<const Tokenizer>> read(const GgufMetadata &keys)
{
    const std::string *kind = keys.string(kModel);
    const auto *tokens = keys.strings(kTokens);
    if (!kind || !tokens)
        return corrupt("the key " + std::string(kind ? kTokens : kModel) + " is missing or of another type");
    static const GgufValue::Integers kNoTypes;
    const auto *types = keys.integers(kTypes);
    if (types && types->size() != tokens->size())
        return corrupt(format("the key %s has %zu entries for %zu tokens", std::string(kTypes).c_str(),
                              types->size(), tokens->size()));
    if (*kind == "rwkv")
        return world(*tokens, types ? *types : kNoTypes);
    if (*kind == "gpt2") {
        const auto *merges = keys.strings(kMerges);
        const std::string *pre = keys.string(kPre);
        if (!merges)
            return corrupt("the key " + std::string(kMerges) + " is missing or of another type");
        TRY(BpeVocabulary vocabulary, makeBpeVocabulary({*tokens, types ? *types : kNoTypes, *merges,
                                                         pre ? std::string_view(*pre) : ""}));
        return bpeTokenizer(std::move(vocabulary));
    }
    return Error{ErrorCode::Unsupported,
                 "the key " + std::string(kModel) + " is " + printable(*kind) +
                     ", a kind of vocabulary "
                     "that Volary does not read from GGUF files",
                 "Put the model's tokenizer.json or tokenizer.model beside it and use another format."};
}

} // namespace

bool holdsVocabulary(const GgufMetadata &keys)
{
    return keys.find(kModel) != nullptr;
}

Result<std::shared_ptr<const Tokenizer>> ggufTokenizer(const GgufMetadata &keys, int rows)
{
    auto tokenizer = read(keys);
    if (!tokenizer)
        return std::move(tokenizer).error().during("reading the vocabulary of the model");
    if (tokenizer.value()->vocabularySize() > rows)
        return corrupt(format("the vocabulary of the model has %d tokens, its embedding only %d rows",
                              tokenizer.value()->vocabularySize(), rows));
    return tokenizer;
}

GgufKeys ggufVocabulary(const Tokenizer &tokenizer)
{
    if (tokenizer.kind() != "rwkv-world")
        return {};
    GgufValue::Strings tokens{"<s>"};
    GgufValue::Integers types{Control};
    for (TokenId id = 1; id < tokenizer.vocabularySize(); ++id) {
        const bool defined = tokenizer.isDefined(id);
        tokens.push_back(defined ? escapeWorldToken(tokenizer.bytes(id)) : format("[PAD%d]", id));
        types.push_back(defined ? Normal : Unused);
    }
    return {{std::string(kModel), {std::string("rwkv")}},
            {std::string(kTokens), {std::move(tokens)}},
            {std::string(kTypes), {std::move(types)}}};
}

} // namespace volary
