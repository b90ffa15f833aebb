#include "core/text/world_tokenizer.h"

#include "core/base/check.h"
#include "core/text/byte_trie.h"
#include "core/text/token_identity.h"

namespace volary {

namespace {

constexpr TokenId kEndOfDocument = 0;

ByteTrie makeTrie(const WorldVocabulary &tokens)
{
    std::vector<ByteTrie::Entry> entries;
    entries.reserve(tokens.size());
    for (std::size_t id = 0; id < tokens.size(); ++id)
        if (!tokens[id].empty())
            entries.push_back({tokens[id], static_cast<TokenId>(id)});
    return ByteTrie(std::move(entries));
}

class WorldTokenizer final : public Tokenizer {
public:
    explicit WorldTokenizer(WorldVocabulary tokens)
        : m_tokens(std::move(tokens)), m_trie(makeTrie(m_tokens)), m_identity(tokenIdentity(kind(), m_tokens))
    {}

    std::string_view kind() const override { return "rwkv-world"; }
    int vocabularySize() const override { return static_cast<int>(m_tokens.size()); }
    const std::string &identity() const override { return m_identity; }

    std::vector<TokenId> encode(std::string_view text) const override
    {
        std::vector<TokenId> ids;
        while (!text.empty()) {
            const ByteTrie::Match match = m_trie.longestPrefix(text);
            VOLARY_CHECK(match.bytes > 0, "the vocabulary lacks a single byte");
            ids.push_back(match.value);
            text.remove_prefix(match.bytes);
        }
        return ids;
    }

    std::string_view bytes(TokenId id) const override
    {
        return isInside(id) ? std::string_view(m_tokens[std::size_t(id)]) : std::string_view();
    }

    bool isDefined(TokenId id) const override
    {
        return id == kEndOfDocument || (isInside(id) && !m_tokens[std::size_t(id)].empty());
    }

private:
    bool isInside(TokenId id) const { return id >= 0 && id < vocabularySize(); }

    WorldVocabulary m_tokens;
    ByteTrie m_trie;
    std::string m_identity;
};

} // namespace

std::shared_ptr<const Tokenizer> worldTokenizer(WorldVocabulary tokens)
{
    return std::make_shared<WorldTokenizer>(std::move(tokens));
}

} // namespace volary
