// What the user says about a snapshot, beside it: pinned, thrown away. All functions run inside a transaction
// of their caller.
#pragma once

#include "core/store/library.h"
#include "core/store/sqlite.h"

namespace volary {

struct SnapshotMark {
    bool pinned = false;
    std::optional<std::int64_t> deletedMs; // in the trash since
};

// None, where the row is damaged: a mark is no reason to lose sight of a snapshot.
Result<SnapshotMark> readMark(const sqlite::Database &database, SnapshotId id);
Result<> writeMark(const sqlite::Database &database, SnapshotId id, const SnapshotMark &mark);

} // namespace volary
