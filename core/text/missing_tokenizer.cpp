#include "core/base/text.h"
#include "core/text/token_identity.h"
#include "core/text/tokenizer.h"

namespace volary {

namespace {

class MissingTokenizer final : public Tokenizer {
public:
    explicit MissingTokenizer(int rows) : m_rows(rows), m_identity(tokenIdentity(format("none %d", rows), {}))
    {}

    std::string_view kind() const override { return "none"; }
    int vocabularySize() const override { return m_rows; }
    const std::string &identity() const override { return m_identity; }
    std::vector<TokenId> encode(std::string_view) const override { return {}; }
    std::string_view bytes(TokenId) const override { return {}; }
    bool isDefined(TokenId id) const override { return id >= 0 && id < m_rows; }

private:
    int m_rows;
    std::string m_identity;
};

} // namespace

std::shared_ptr<const Tokenizer> missingTokenizer(int rows)
{
    return std::make_shared<MissingTokenizer>(rows);
}

} // namespace volary
