// Seals: a hash over every column of a row, kept in the row. SQLite itself does not notice a changed byte in
// a value.
#pragma once

#include "core/store/sqlite.h"

namespace volary {

// Makes volary_seal(...) known to a connection: SHA-256 over the arguments, types and lengths included
// (docs/formats.md, "Seals").
Result<> addSealFunction(const sqlite::Database &database);

// The expressions that give the seal of a row of these tables; columns are qualified with the table's name.
inline const std::string kConversationSeal =
    "volary_seal('conversation', conversation.id, conversation.title, conversation.created_ms,"
    " conversation.updated_ms, conversation.change, conversation.deleted_ms, conversation.model_fingerprint,"
    " conversation.model_name, conversation.chat_format, conversation.settings, conversation.current_turn)";
inline const std::string kTurnSeal =
    "volary_seal('turn', turn.id, turn.conversation, turn.parent, turn.role, turn.status, turn.hidden_by,"
    " turn.created_ms, turn.snapshot, turn.tokens, turn.position, turn.stats, turn.text)";
inline const std::string kTurnDataSeal =
    "volary_seal('turn_data', turn_data.turn, turn_data.kind, turn_data.bytes)";
inline const std::string kSnapshotSeal =
    "volary_seal('snapshot', snapshot.id, snapshot.name, snapshot.created_ms, snapshot.format, "
    "snapshot.tokens,"
    " snapshot.state_bytes, snapshot.content, snapshot.manifest, snapshot.sampler, model.fingerprint,"
    " model.architecture, model.name, model.tokenizer, model.numeric_profile)"; // of snapshot joined with its
                                                                                // model
inline const std::string kSnapshotMarkSeal =
    "volary_seal('snapshot_mark', snapshot_mark.snapshot, snapshot_mark.pinned, snapshot_mark.deleted_ms)";

inline const std::string kDocumentSeal =
    "volary_seal('document', document.id, document.created_ms, document.bytes, document.sha256,"
    " document.format, document.source, document.title, document.notice)";
inline const std::string kSectionSeal =
    "volary_seal('document_section', document_section.document, document_section.seq,"
    " document_section.level, document_section.begin_at, document_section.end_at, document_section.title)";
inline const std::string kReadingSeal =
    "volary_seal('reading', reading.id, reading.document, reading.updated_ms, reading.tokens,"
    " reading.position, reading.snapshot, reading.fingerprint, reading.tokenizer, reading.model_name)";
inline const std::string kSummarySeal =
    "volary_seal('summary', summary.reading, summary.chapter, summary.created_ms, summary.title,"
    " summary.text)";

// For UPDATE statements: marks a row as waiting for its new seal. A row whose seal was wrong keeps it,
// because a new one would declare the damage to be right.
inline const std::string kUnsealConversation =
    "seal = CASE WHEN seal = " + kConversationSeal + " THEN x'' ELSE seal END";
inline const std::string kUnsealTurn = "seal = CASE WHEN seal = " + kTurnSeal + " THEN x'' ELSE seal END";

// Seals one row whose seal is empty: it is new, or was unsealed before its columns were changed.
Result<> sealConversation(const sqlite::Database &database, std::int64_t id);
Result<> sealTurn(const sqlite::Database &database, std::int64_t id);
// The same for a snapshot, whatever its seal was.
Result<> sealSnapshot(const sqlite::Database &database, std::int64_t id);

} // namespace volary
