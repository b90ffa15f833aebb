#include "core/store/snapshot_marks.h"

#include "core/store/seal.h"

namespace volary {

using sqlite::Database;
using sqlite::Statement;

Result<SnapshotMark> readMark(const Database &database, SnapshotId id)
{
    SnapshotMark mark;
    TRY_(database.forEach("SELECT pinned, deleted_ms FROM snapshot_mark WHERE snapshot = ? AND seal = " +
                              kSnapshotMarkSeal,
                          {id}, [&](const Statement &row) {
                              mark = {row.integer(0) != 0, row.optionalInteger(1)};
                              return Result<>();
                          }));
    return mark;
}

Result<> writeMark(const Database &database, SnapshotId id, const SnapshotMark &mark)
{
    // Every column is written, so the new seal holds even where the old row was damaged.
    TRY_(database.run("INSERT OR REPLACE INTO snapshot_mark(snapshot, pinned, deleted_ms, seal)"
                      " VALUES(?, ?, ?, x'')",
                      {id, int(mark.pinned), mark.deletedMs}));
    return database.run("UPDATE snapshot_mark SET seal = " + kSnapshotMarkSeal + " WHERE snapshot = ?", {id});
}

} // namespace volary
