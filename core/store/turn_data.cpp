#include "core/store/turn_data.h"

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/store/little_endian.h"
#include "core/store/seal.h"

#include <bit>

namespace volary {

namespace {

constexpr std::byte kTraceVersion{1};
constexpr std::byte kTokensVersion{1};
constexpr std::size_t kAlternativeBytes = 8;
constexpr std::size_t kMaxAlternatives = 255;

Error malformed(const char *what)
{
    return {ErrorCode::Corrupt,
            format("The stored %s of this turn cannot be read: their form is unknown or cut off.", what),
            "The turn's text is not affected."};
}

} // namespace

std::vector<std::byte> encodeTraces(std::span<const TokenTrace> traces)
{
    if (traces.empty())
        return {};
    std::vector<std::byte> bytes{kTraceVersion};
    appendLittleEndian(bytes, std::uint32_t(traces.size()));
    for (const TokenTrace &trace : traces) {
        VOLARY_CHECK(trace.alternatives.size() <= kMaxAlternatives, "a trace holds at most 255 alternatives");
        appendLittleEndian(bytes, std::uint32_t(trace.token));
        bytes.push_back(std::byte(trace.alternatives.size()));
        for (const TokenProbability &alternative : trace.alternatives) {
            appendLittleEndian(bytes, std::uint32_t(alternative.token));
            appendLittleEndian(bytes, std::bit_cast<std::uint32_t>(alternative.probability));
        }
    }
    return bytes;
}

Result<std::vector<TokenTrace>> decodeTraces(std::span<const std::byte> bytes)
{
    if (bytes.empty())
        return std::vector<TokenTrace>();
    if (bytes.size() < 5 || bytes[0] != kTraceVersion)
        return malformed("probabilities");
    const std::uint32_t count = littleEndian(bytes.subspan(1));
    bytes = bytes.subspan(5);
    if (count > bytes.size() / 5)
        return malformed("probabilities");

    std::vector<TokenTrace> traces(count);
    for (TokenTrace &trace : traces) {
        if (bytes.size() < 5)
            return malformed("probabilities");
        trace.token = TokenId(littleEndian(bytes));
        const auto alternatives = std::size_t(bytes[4]);
        bytes = bytes.subspan(5);
        if (bytes.size() < alternatives * kAlternativeBytes)
            return malformed("probabilities");
        for (std::size_t i = 0; i < alternatives; ++i, bytes = bytes.subspan(kAlternativeBytes))
            trace.alternatives.push_back(
                {TokenId(littleEndian(bytes)), std::bit_cast<float>(littleEndian(bytes.subspan(4)))});
    }
    if (!bytes.empty())
        return malformed("probabilities");
    return traces;
}

std::vector<std::byte> encodePartialTokens(std::span<const TokenId> tokens)
{
    std::vector<std::byte> bytes{kTokensVersion};
    const std::vector<std::byte> ids = littleEndianTokens(tokens);
    bytes.insert(bytes.end(), ids.begin(), ids.end());
    return bytes;
}

Result<std::vector<TokenId>> decodePartialTokens(std::span<const std::byte> bytes)
{
    if (bytes.empty())
        return std::vector<TokenId>();
    if (bytes[0] != kTokensVersion || bytes.size() % 4 != 1)
        return malformed("tokens");
    return tokensFromLittleEndian(bytes.subspan(1));
}

Result<> writeTurnData(const sqlite::Database &database, TurnId turn, TurnData kind,
                       std::span<const std::byte> bytes)
{
    TRY_(database.run("DELETE FROM turn_data WHERE turn = ? AND kind = ?", {turn, int(kind)}));
    if (bytes.empty())
        return {};
    TRY_(database.run("INSERT INTO turn_data(turn, kind, seal, bytes) VALUES(?, ?, x'', ?)",
                      {turn, int(kind), bytes}));
    return database.run("UPDATE turn_data SET seal = " + kTurnDataSeal + " WHERE turn = ? AND kind = ?",
                        {turn, int(kind)});
}

Result<std::vector<std::byte>> readTurnData(const sqlite::Database &database, TurnId turn, TurnData kind)
{
    std::vector<std::byte> bytes;
    TRY_(database.forEach(
        "SELECT seal = " + kTurnDataSeal + ", bytes FROM turn_data WHERE turn = ? AND kind = ?",
        {turn, int(kind)}, [&](const sqlite::Statement &row) -> Result<> {
            if (row.integer(0) != 1)
                return Error{ErrorCode::Corrupt,
                             format("What is stored beside the text of turn %lld is damaged: it does"
                                    " not match its hash.",
                                    static_cast<long long>(turn)),
                             "The turn's text is not affected."};
            bytes = toVector(row.blob(1));
            return {};
        }));
    return bytes;
}

} // namespace volary
