#include "core/store/seal.h"

#include "core/base/sha256.h"

#include <sqlite3.h>

namespace volary {

namespace {

void updateNumber(Sha256 &hash, std::uint64_t number)
{
    std::array<std::byte, 8> bytes;
    for (std::byte &byte : bytes) {
        byte = std::byte(number & 0xFF);
        number >>= 8;
    }
    hash.update(bytes);
}

void updateValue(Sha256 &hash, sqlite3_value *value)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        hash.update("i");
        updateNumber(hash, std::uint64_t(sqlite3_value_int64(value)));
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        hash.update(sqlite3_value_type(value) == SQLITE_TEXT ? "t" : "b");
        const void *const bytes = sqlite3_value_blob(value);
        const auto size = std::size_t(sqlite3_value_bytes(value));
        updateNumber(hash, size);
        hash.update(sqlite::Bytes(static_cast<const std::byte *>(bytes), size));
        break;
    }
    case SQLITE_NULL: hash.update("n"); break;
    default: hash.update("?"); // strict tables hold nothing else
    }
}

void seal(sqlite3_context *context, int count, sqlite3_value **values)
{
    Sha256 hash;
    for (int i = 0; i < count; ++i)
        updateValue(hash, values[i]);
    const Digest digest = hash.finish();
    sqlite3_result_blob(context, digest.data(), int(digest.size()), SQLITE_TRANSIENT);
}

} // namespace

Result<> addSealFunction(const sqlite::Database &database)
{
    const int code = sqlite3_create_function_v2(database.handle(), "volary_seal", -1,
                                                SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                                                nullptr, seal, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return database.failure(code);
    return {};
}

Result<> sealConversation(const sqlite::Database &database, std::int64_t id)
{
    return database.run(
        "UPDATE conversation SET seal = " + kConversationSeal + " WHERE id = ? AND seal = x''", {id});
}

Result<> sealTurn(const sqlite::Database &database, std::int64_t id)
{
    return database.run("UPDATE turn SET seal = " + kTurnSeal + " WHERE id = ? AND seal = x''", {id});
}

Result<> sealSnapshot(const sqlite::Database &database, std::int64_t id)
{
    return database.run("UPDATE snapshot SET seal = " + kSnapshotSeal +
                            " FROM model WHERE model.id = snapshot.model AND snapshot.id = ?",
                        {id});
}

} // namespace volary
