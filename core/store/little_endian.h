// Numbers as bytes, least significant first, whatever the machine does.
#pragma once

#include "core/text/tokenizer.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace volary {

inline void appendLittleEndian(std::vector<std::byte> &to, std::uint32_t number)
{
    for (int i = 0; i < 4; ++i)
        to.push_back(std::byte(number >> (8 * i) & 0xFF));
}

// Of the first four of `bytes`.
inline std::uint32_t littleEndian(std::span<const std::byte> bytes)
{
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i)
        number |= std::uint32_t(bytes[i]) << (8 * i);
    return number;
}

inline std::vector<std::byte> littleEndianTokens(std::span<const TokenId> tokens)
{
    std::vector<std::byte> bytes;
    bytes.reserve(tokens.size() * 4);
    for (const TokenId token : tokens)
        appendLittleEndian(bytes, std::uint32_t(token));
    return bytes;
}

// `bytes` has a multiple of four.
inline std::vector<TokenId> tokensFromLittleEndian(std::span<const std::byte> bytes)
{
    std::vector<TokenId> tokens;
    tokens.reserve(bytes.size() / 4);
    for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4)
        tokens.push_back(TokenId(littleEndian(bytes.subspan(at))));
    return tokens;
}

inline std::vector<std::byte> toVector(std::span<const std::byte> bytes)
{
    return {bytes.begin(), bytes.end()};
}

} // namespace volary
