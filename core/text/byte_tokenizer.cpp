#include "core/text/token_identity.h"
#include "core/text/tokenizer.h"

namespace volary {

namespace {

constexpr int kBytes = 256;

class ByteTokenizer final : public Tokenizer {
public:
    ByteTokenizer()
    {
        for (int byte = 0; byte < kBytes; ++byte)
            m_tokens.emplace_back(1, static_cast<char>(byte));
        m_identity = tokenIdentity(kind(), m_tokens);
    }

    std::string_view kind() const override { return "bytes"; }
    int vocabularySize() const override { return kBytes; }
    const std::string &identity() const override { return m_identity; }
    bool isDefined(TokenId id) const override { return id >= 0 && id < kBytes; }

    std::vector<TokenId> encode(std::string_view text) const override
    {
        std::vector<TokenId> ids;
        ids.reserve(text.size());
        for (const char byte : text)
            ids.push_back(static_cast<unsigned char>(byte));
        return ids;
    }

    std::string_view bytes(TokenId id) const override
    {
        return isDefined(id) ? std::string_view(m_tokens[std::size_t(id)]) : std::string_view();
    }

private:
    std::vector<std::string> m_tokens;
    std::string m_identity;
};

} // namespace

std::shared_ptr<const Tokenizer> byteTokenizer()
{
    return std::make_shared<ByteTokenizer>();
}

} // namespace volary
