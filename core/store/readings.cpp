#include "core/store/readings.h"

#include "core/base/text.h"
#include "core/store/clock.h"
#include "core/store/library_impl.h"
#include "core/store/seal.h"
#include "core/store/snapshots.h"

#include <algorithm>

namespace volary {

using sqlite::Database;
using sqlite::Statement;

namespace {

Result<std::int64_t> usesOf(const Database &database, SnapshotId snapshot)
{
    return database.integer("SELECT (SELECT count(*) FROM reading WHERE snapshot = ?1)"
                            " + (SELECT count(*) FROM chapter_state WHERE snapshot = ?1)"
                            " + (SELECT count(*) FROM turn WHERE snapshot = ?1)"
                            " + (SELECT count(*) FROM snapshot WHERE id = ?1 AND name <> '')"
                            " + (SELECT count(*) FROM snapshot_mark WHERE snapshot = ?1 AND pinned)",
                            {snapshot});
}

// Removes a state that nothing refers to any more, and that the user gave no name.
Result<> dropSnapshot(const Database &database, std::optional<SnapshotId> snapshot)
{
    if (!snapshot)
        return {};
    TRY(const std::int64_t uses, usesOf(database, *snapshot));
    if (uses > 0)
        return {};
    return removeSnapshot(database, *snapshot);
}

Result<std::vector<SnapshotId>> chapterSnapshots(const Database &database, ReadingId id)
{
    std::vector<SnapshotId> found;
    TRY_(database.forEach("SELECT snapshot FROM chapter_state WHERE reading = ?", {id},
                          [&](const Statement &row) {
                              found.push_back(row.integer(0));
                              return Result<>();
                          }));
    return found;
}

Result<std::optional<Reading>> readingBy(const Database &database, DocumentId id, const ModelIdentity &model)
{
    TRY(const auto readings, readingsOf(database, id));
    const auto found = std::ranges::find_if(readings, [&](const Reading &r) { return r.isBy(model); });
    return found == readings.end() ? std::optional<Reading>() : std::optional<Reading>(*found);
}

// Every column is written, so the new seal holds even where the old row was damaged.
Result<ReadingId> writeRow(const Database &database, const std::optional<Reading> &before,
                           DocumentId document, const SnapshotImage &image, std::int64_t tokens,
                           SnapshotId snapshot)
{
    const auto position = std::int64_t(image.tokens.size());
    ReadingId id = before ? before->id : 0;
    if (before) {
        TRY_(database.run("UPDATE reading SET updated_ms = ?, tokens = ?, position = ?, snapshot = ?,"
                          " model_name = ? WHERE id = ?",
                          {nowMs(), tokens, position, snapshot, image.model.name, id}));
    } else {
        TRY_(database.run("INSERT INTO reading(document, updated_ms, tokens, position, snapshot, seal,"
                          " fingerprint, tokenizer, model_name) VALUES(?, ?, ?, ?, ?, x'', ?, ?, ?)",
                          {document, nowMs(), tokens, position, snapshot, image.model.fingerprint,
                           image.model.tokenizer, image.model.name}));
        id = database.lastInsertId();
    }
    TRY_(database.run("UPDATE reading SET seal = " + kReadingSeal + " WHERE id = ?", {id}));
    return id;
}

} // namespace

Result<std::vector<Reading>> readingsOf(const Database &database, DocumentId id)
{
    std::vector<Reading> found;
    TRY_(
        database.forEach("SELECT seal = " + kReadingSeal +
                             ", id, document, fingerprint, tokenizer, model_name, tokens, position, snapshot,"
                             " updated_ms FROM reading WHERE document = ? ORDER BY updated_ms DESC, id DESC",
                         {id}, [&](const Statement &row) {
                             Reading reading;
                             reading.damaged = row.integer(0) != 1;
                             reading.id = row.integer(1);
                             reading.document = row.integer(2);
                             reading.fingerprint = row.text(3);
                             reading.tokenizer = row.text(4);
                             reading.modelName = row.text(5);
                             reading.tokens = row.integer(6);
                             reading.position = row.integer(7);
                             reading.snapshot = row.optionalInteger(8);
                             reading.updatedMs = row.integer(9);
                             found.push_back(std::move(reading));
                             return Result<>();
                         }));
    return found;
}

Result<> removeReading(const Database &database, ReadingId id)
{
    TRY(std::vector<SnapshotId> snapshots, chapterSnapshots(database, id));
    TRY_(database.forEach("SELECT snapshot FROM reading WHERE id = ?", {id}, [&](const Statement &row) {
        if (const auto last = row.optionalInteger(0))
            snapshots.push_back(*last);
        return Result<>();
    }));
    TRY_(
        database.run("DELETE FROM reading WHERE id = ?", {id})); // takes chapters' states and summaries along
    for (const SnapshotId snapshot : snapshots)
        TRY_(dropSnapshot(database, snapshot));
    return removeUnusedModels(database);
}

Result<Reading> Library::saveReading(DocumentId id, const SnapshotImage &image, std::int64_t tokens,
                                     std::optional<int> chapter)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY(const std::int64_t there, database.integer("SELECT count(*) FROM document WHERE id = ?", {id}));
    if (there == 0)
        return missingDocument(id);
    TRY(const auto before, readingBy(database, id, image.model));
    TRY(const SnapshotId snapshot, insertSnapshot(database, image, ""));
    TRY(const ReadingId reading, writeRow(database, before, id, image, tokens, snapshot));
    if (chapter)
        TRY_(database.run("INSERT INTO chapter_state(reading, chapter, snapshot) VALUES(?, ?, ?)"
                          " ON CONFLICT DO UPDATE SET snapshot = excluded.snapshot",
                          {reading, *chapter, snapshot}));
    if (before)
        TRY_(dropSnapshot(database, before->snapshot));
    TRY(auto saved, readingBy(database, id, image.model));
    TRY_(transaction.commit());
    return std::move(*saved);
}

Result<> Library::forgetReading(ReadingId id)
{
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(removeReading(*m_impl->database, id));
    return transaction.commit();
}

Result<std::optional<SnapshotId>> Library::chapterSnapshot(ReadingId id, int chapter) const
{
    std::optional<SnapshotId> found;
    TRY_(m_impl->database->forEach("SELECT snapshot FROM chapter_state WHERE reading = ? AND chapter = ?",
                                   {id, chapter}, [&](const Statement &row) {
                                       found = row.integer(0);
                                       return Result<>();
                                   }));
    return found;
}

Result<std::vector<Summary>> Library::summaries(DocumentId id) const
{
    std::vector<Summary> found;
    TRY_(m_impl->database->forEach(
        "SELECT summary.seal = " + kSummarySeal +
            ", summary.reading, summary.chapter, summary.title, summary.text, summary.created_ms"
            " FROM summary JOIN reading ON reading.id = summary.reading WHERE reading.document = ?"
            " ORDER BY summary.reading, summary.chapter",
        {id}, [&](const Statement &row) {
            found.push_back({row.integer(1), int(row.integer(2)), row.text(3), row.text(4), row.integer(5),
                             row.integer(0) != 1});
            return Result<>();
        }));
    return found;
}

Result<> Library::saveSummary(const Summary &values)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(database.run("INSERT INTO summary(reading, chapter, created_ms, seal, title, text)"
                      " VALUES(?, ?, ?, x'', ?, ?) ON CONFLICT DO UPDATE SET created_ms ="
                      " excluded.created_ms, title = excluded.title, text = excluded.text",
                      {values.reading, values.chapter, nowMs(), values.title, values.text}));
    TRY_(database.run("UPDATE summary SET seal = " + kSummarySeal + " WHERE reading = ? AND chapter = ?",
                      {values.reading, values.chapter}));
    return transaction.commit();
}

} // namespace volary
