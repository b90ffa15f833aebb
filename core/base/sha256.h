// SHA-256 through libcrypto: identity of models and integrity of everything stored.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace volary {

using Digest = std::array<unsigned char, 32>;

// Feeds bytes piece by piece. Not thread-safe; one object, one digest.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256 &) = delete;
    Sha256 &operator=(const Sha256 &) = delete;

    void update(std::span<const std::byte> bytes);
    void update(std::string_view text) { update(std::as_bytes(std::span(text))); }
    Digest finish(); // ends the computation; call once

private:
    struct Context;
    std::unique_ptr<Context> m_context;
};

Digest sha256(std::span<const std::byte> bytes);
std::string toHex(std::span<const unsigned char> bytes);

} // namespace volary
