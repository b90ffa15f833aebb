// Seals: a hash over every column of a row, kept in the row. SQLite itself does not notice a changed byte in
// a value.
#pragma once

#include "core/store/sqlite.h"

namespace volary {

// Makes volary_seal(...) known to a connection: SHA-256 over the arguments, types and lengths included
// (docs/formats.md, "Seals").
Result<> addSealFunction(const sqlite::Database &database);

// The expressions that give the seal of a row of these tables; columns are qualified with the table's name.
extern const std::string kConversationSeal;
extern const std::string kTurnSeal;
extern const std::string kTurnDataSeal;
extern const std::string kSnapshotSeal; // of snapshot joined with its model

// For UPDATE statements: marks a row as waiting for its new seal. A row whose seal was wrong keeps it,
// because a new one would declare the damage to be right.
extern const std::string kUnsealConversation;
extern const std::string kUnsealTurn;

// Seals one row whose seal is empty: it is new, or was unsealed before its columns were changed.
Result<> sealConversation(const sqlite::Database &database, std::int64_t id);
Result<> sealTurn(const sqlite::Database &database, std::int64_t id);
// The same for a snapshot, whatever its seal was.
Result<> sealSnapshot(const sqlite::Database &database, std::int64_t id);

} // namespace volary
