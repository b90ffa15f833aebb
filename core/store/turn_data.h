// What is stored beside a turn's text as bytes: the traces of its tokens, or the tokens of a partial reply.
#pragma once

#include "core/store/library.h"
#include "core/store/sqlite.h"

namespace volary {

enum class TurnData : std::uint8_t { Traces, PartialTokens };

// Byte by byte in docs/formats.md. Decoding refuses bytes of any other form.
std::vector<std::byte> encodeTraces(std::span<const TokenTrace> traces);
Result<std::vector<TokenTrace>> decodeTraces(std::span<const std::byte> bytes);
std::vector<std::byte> encodePartialTokens(std::span<const TokenId> tokens);
Result<std::vector<TokenId>> decodePartialTokens(std::span<const std::byte> bytes);

// Replaces what is stored; empty bytes remove it.
Result<> writeTurnData(const sqlite::Database &database, TurnId turn, TurnData kind,
                       std::span<const std::byte> bytes);
// Empty when nothing is stored. Checks the seal.
Result<std::vector<std::byte>> readTurnData(const sqlite::Database &database, TurnId turn, TurnData kind);

} // namespace volary
