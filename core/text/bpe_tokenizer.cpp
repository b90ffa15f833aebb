#include "core/text/bpe_tokenizer.h"

#include "core/text/byte_trie.h"
#include "core/text/token_identity.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <queue>
#include <tuple>

namespace volary {

namespace {

// Merges the pair of the smallest rank, the leftmost of equals, until none is left. The symbols form a list;
// a queue holds the pairs, and those that a merge has changed are passed over: O(n log n).
class Merger {
public:
    Merger(const BpeVocabulary &vocabulary, std::string_view piece) : m_vocabulary(vocabulary)
    {
        const int count = int(piece.size());
        for (int i = 0; i < count; ++i)
            m_symbols.push_back({vocabulary.ofByte[static_cast<unsigned char>(piece[std::size_t(i)])], i - 1,
                                 i + 1 < count ? i + 1 : -1});
        for (int i = 0; i + 1 < count; ++i)
            offer(i);
    }

    void appendTo(std::vector<TokenId> &ids)
    {
        while (!m_pairs.empty()) {
            const Pair pair = m_pairs.top();
            m_pairs.pop();
            apply(pair);
        }
        for (int i = 0; i >= 0; i = at(i).next)
            ids.push_back(at(i).id);
    }

private:
    struct Symbol {
        TokenId id; // -1: merged into the one before
        int previous, next;
    };
    struct Pair {
        std::uint32_t rank;
        int left;
        TokenId leftId, rightId, joined;
        bool operator<(const Pair &other) const // the queue gives the greatest first
        {
            return std::tie(rank, left) > std::tie(other.rank, other.left);
        }
    };

    Symbol &at(int index) { return m_symbols[std::size_t(index)]; }

    void offer(int left)
    {
        if (left < 0 || at(left).next < 0)
            return;
        const TokenId a = at(left).id, b = at(at(left).next).id;
        const auto found = m_vocabulary.merges.find(std::uint64_t(a) << 32 | std::uint32_t(b));
        if (found != m_vocabulary.merges.end())
            m_pairs.push({found->second.rank, left, a, b, found->second.joined});
    }

    void apply(const Pair &pair)
    {
        Symbol &left = at(pair.left);
        if (left.id != pair.leftId || left.next < 0 || at(left.next).id != pair.rightId)
            return;
        Symbol &right = at(left.next);
        left.id = pair.joined;
        left.next = right.next;
        right.id = -1;
        if (left.next >= 0)
            at(left.next).previous = pair.left;
        offer(left.previous);
        offer(pair.left);
    }

    const BpeVocabulary &m_vocabulary;
    std::vector<Symbol> m_symbols;
    std::priority_queue<Pair> m_pairs;
};

ByteTrie makeTrie(const BpeVocabulary &vocabulary)
{
    std::vector<ByteTrie::Entry> entries;
    entries.reserve(vocabulary.found.size());
    for (const TokenId id : vocabulary.found)
        entries.push_back({vocabulary.tokens[std::size_t(id)], id});
    return ByteTrie(std::move(entries));
}

std::string identityOf(const BpeVocabulary &vocabulary)
{
    // Merges are told by the tokens they make but for their order, which the ids of trained vocabularies
    // follow; the few settings are told apart by the kind.
    const std::string kind =
        std::string("bpe") + (vocabulary.preTokenizer == PreTokenizer::Qwen2 ? "-qwen2" : "-gpt2") +
        (vocabulary.composes ? "-nfc" : "") + "-" + std::to_string(vocabulary.merges.size());
    return tokenIdentity(kind, vocabulary.tokens);
}

class BpeTokenizer final : public Tokenizer {
public:
    explicit BpeTokenizer(BpeVocabulary vocabulary)
        : m_vocabulary(std::move(vocabulary)), m_added(makeTrie(m_vocabulary)),
          m_identity(identityOf(m_vocabulary))
    {}

    std::string_view kind() const override { return "bpe"; }
    int vocabularySize() const override { return int(m_vocabulary.tokens.size()); }
    const std::string &identity() const override { return m_identity; }

    std::vector<TokenId> encode(std::string_view given) const override
    {
        const std::string text = spellable(m_vocabulary.composes ? composed(given) : std::string(given));
        std::vector<TokenId> ids;
        std::size_t begun = 0; // of what is not yet encoded
        for (std::size_t at = 0; at < text.size();) {
            const ByteTrie::Match match = m_added.longestPrefix(std::string_view(text).substr(at));
            if (match.bytes == 0) {
                ++at;
                continue;
            }
            encodePlain(std::string_view(text).substr(begun, at - begun), ids);
            ids.push_back(match.value);
            begun = at += match.bytes;
        }
        encodePlain(std::string_view(text).substr(begun), ids);
        return ids;
    }

    std::string_view bytes(TokenId id) const override
    {
        const bool hasText =
            isDefined(id) && std::ranges::find(m_vocabulary.special, id) == m_vocabulary.special.end();
        return hasText ? std::string_view(m_vocabulary.tokens[std::size_t(id)]) : std::string_view();
    }

    std::optional<TokenId> specialToken(std::string_view name) const override
    {
        const auto found = std::ranges::find_if(
            m_vocabulary.special, [&](TokenId id) { return m_vocabulary.tokens[std::size_t(id)] == name; });
        return found == m_vocabulary.special.end() ? std::nullopt : std::optional(*found);
    }

    bool isDefined(TokenId id) const override
    {
        return id >= 0 && id < vocabularySize() && !m_vocabulary.tokens[std::size_t(id)].empty();
    }

private:
    // Bytes that no UTF-8 has may be without a token: they become U+FFFD, as they do in every other program.
    std::string spellable(std::string text) const
    {
        const auto hasToken = [&](char c) {
            return m_vocabulary.ofByte[static_cast<unsigned char>(c)] != kNoByte;
        };
        if (std::ranges::all_of(text, hasToken))
            return text;
        std::string spelled;
        for (const char c : text)
            spelled += hasToken(c) ? std::string(1, c) : "\xEF\xBF\xBD";
        return spelled;
    }

    void encodePlain(std::string_view text, std::vector<TokenId> &ids) const
    {
        for (const std::string_view piece : cutIntoPieces(m_vocabulary.preTokenizer, text))
            Merger(m_vocabulary, piece).appendTo(ids);
    }

    BpeVocabulary m_vocabulary;
    ByteTrie m_added;
    std::string m_identity;
};

} // namespace

std::shared_ptr<const Tokenizer> bpeTokenizer(BpeVocabulary vocabulary)
{
    return std::make_shared<BpeTokenizer>(std::move(vocabulary));
}

} // namespace volary
