#include "core/base/sha256.h"

#include "core/base/check.h"

#include <openssl/evp.h>

namespace volary {

struct Sha256::Context {
    EVP_MD_CTX *evp = EVP_MD_CTX_new();
    ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256::Sha256() : m_context(std::make_unique<Context>())
{
    VOLARY_CHECK(m_context->evp && EVP_DigestInit_ex(m_context->evp, EVP_sha256(), nullptr) == 1,
                 "libcrypto must provide SHA-256");
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes)
{
    VOLARY_CHECK(EVP_DigestUpdate(m_context->evp, bytes.data(), bytes.size()) == 1, "hashing must not fail");
}

Digest Sha256::finish()
{
    Digest digest;
    unsigned length = 0;
    VOLARY_CHECK(EVP_DigestFinal_ex(m_context->evp, digest.data(), &length) == 1 && length == digest.size(),
                 "a digest is finished once");
    return digest;
}

Digest sha256(std::span<const std::byte> bytes)
{
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::string toHex(std::span<const unsigned char> bytes)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const unsigned char byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

} // namespace volary
