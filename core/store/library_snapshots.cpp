#include "core/store/clock.h"
#include "core/store/library_impl.h"
#include "core/store/seal.h"
#include "core/store/snapshot_marks.h"
#include "core/store/snapshots.h"

namespace volary {

using sqlite::Database;

namespace {

// A turn without its state could not be continued: what belongs to one goes with its conversation, and what
// belongs to a document with that.
Result<> checkDisposable(const Database &database, SnapshotId id)
{
    TRY_(readSummary(database, id));
    TRY(const std::int64_t turns, database.integer("SELECT count(*) FROM turn WHERE snapshot = ?", {id}));
    if (turns > 0)
        return Error{ErrorCode::Invalid, describeSnapshot(database, id) + " belongs to a conversation.",
                     "Delete the conversation to remove it."};
    TRY(const std::int64_t readings,
        database.integer("SELECT (SELECT count(*) FROM reading WHERE snapshot = ?1)"
                         " + (SELECT count(*) FROM chapter_state WHERE snapshot = ?1)",
                         {id}));
    if (readings > 0)
        return Error{ErrorCode::Invalid, describeSnapshot(database, id) + " belongs to a document.",
                     "Delete the document to remove it."};
    return {};
}

} // namespace

Result<SnapshotId> Library::saveSnapshot(const SnapshotImage &image, std::string_view name)
{
    TRY(auto transaction, m_impl->beginWrite());
    TRY(const SnapshotId id, insertSnapshot(*m_impl->database, image, name));
    TRY_(transaction.commit());
    return id;
}

Result<std::shared_ptr<const SnapshotImage>> Library::loadSnapshot(SnapshotId id) const
{
    TRY(auto transaction, m_impl->beginRead());
    return readSnapshot(*m_impl->database, id);
}

Result<std::shared_ptr<const SnapshotImage>> Library::longestPrefix(const PrefixQuery &query) const
{
    TRY(auto transaction, m_impl->beginRead());
    return findPrefix(*m_impl->database, query);
}

Result<SnapshotSummary> Library::snapshot(SnapshotId id) const
{
    return readSummary(*m_impl->database, id);
}

Result<std::vector<SnapshotSummary>> Library::snapshots() const
{
    return readSummaries(*m_impl->database);
}

Result<std::vector<SnapshotSummary>> Library::namedSnapshots(std::string_view modelFingerprint) const
{
    return readNamed(*m_impl->database, modelFingerprint);
}

Result<> Library::nameSnapshot(SnapshotId id, std::string_view name)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY(const SnapshotSummary summary, readSummary(database, id));
    if (summary.damaged) // a new seal would declare the damage to be right
        return Error{ErrorCode::Corrupt,
                     describeSnapshot(database, id) + " is damaged and cannot be changed.",
                     "Delete it together with its conversation."};
    TRY_(database.run("UPDATE snapshot SET name = ? WHERE id = ?", {name, id}));
    TRY_(sealSnapshot(database, id));
    return transaction.commit();
}

Result<> Library::roundSnapshot(SnapshotId id, StateForm form)
{
    if (form == StateForm::Exact)
        return Error{ErrorCode::Invalid, "An exact state is not rounded.", "Choose fp16 or int8."};
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(roundStored(*m_impl->database, id, form));
    TRY_(transaction.commit());
    // What cannot be given back now is used again later.
    static_cast<void>(m_impl->database->run("PRAGMA incremental_vacuum"));
    return {};
}

Result<> Library::pinSnapshot(SnapshotId id, bool pinned)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(readSummary(database, id));
    TRY(SnapshotMark mark, readMark(database, id));
    mark.pinned = pinned;
    TRY_(writeMark(database, id, mark));
    return transaction.commit();
}

Result<> Library::moveSnapshotToTrash(SnapshotId id)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(checkDisposable(database, id));
    TRY(SnapshotMark mark, readMark(database, id));
    if (!mark.deletedMs)
        mark.deletedMs = nowMs();
    TRY_(writeMark(database, id, mark));
    return transaction.commit();
}

Result<> Library::restoreSnapshotFromTrash(SnapshotId id)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(readSummary(database, id));
    TRY(SnapshotMark mark, readMark(database, id));
    mark.deletedMs.reset();
    TRY_(writeMark(database, id, mark));
    return transaction.commit();
}

Result<> Library::deleteSnapshot(SnapshotId id)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(checkDisposable(database, id));
    TRY_(removeSnapshot(database, id));
    TRY_(removeUnusedModels(database));
    return transaction.commit();
}

} // namespace volary
