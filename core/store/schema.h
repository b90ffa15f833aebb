// The tables of a library, and the way from each released version of them to the next.
#pragma once

#include "core/store/sqlite.h"

namespace volary {

constexpr int kSchemaVersion = 5;

// Makes the connection able to use a library's tables: functions, tokenizer.
Result<> prepareConnection(const sqlite::Database &database);

// The version of an existing library. Fails for files that are none, and for libraries newer than this
// program. Writes nothing.
Result<int> schemaVersion(const sqlite::Database &database, const std::filesystem::path &path);

// Makes all tables in an empty database, in one transaction.
Result<> createSchema(const sqlite::Database &database);

// Brings the tables from `version` to kSchemaVersion in one transaction. The caller has made a copy of the
// file.
Result<> migrate(const sqlite::Database &database, int version);

// Fails when tables, indexes, triggers or views are not exactly those of this version: a file from elsewhere
// must not bring its own.
Result<> checkSchema(const sqlite::Database &database, const std::filesystem::path &path);

} // namespace volary
