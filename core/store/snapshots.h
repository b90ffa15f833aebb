// Snapshots as rows: writing, reading, deleting. All functions run inside a transaction of their caller.
#pragma once

#include "core/store/library.h"
#include "core/store/sqlite.h"

namespace volary {

// What the user reads when a snapshot is meant: "Snapshot 12 (of turn 40 in “Ducks”)".
std::string describeSnapshot(const sqlite::Database &database, SnapshotId id);

Result<SnapshotId> insertSnapshot(const sqlite::Database &database, const SnapshotImage &image,
                                  std::string_view name);

// See Library::roundSnapshot.
Result<> roundStored(const sqlite::Database &database, SnapshotId id, StateForm form);

// Checks the row's seal, the list of chunks, every size before memory is reserved, and every chunk's hash.
Result<std::shared_ptr<const SnapshotImage>> readSnapshot(const sqlite::Database &database, SnapshotId id);

// See Library::longestPrefix. Damaged snapshots are passed over.
Result<std::shared_ptr<const SnapshotImage>> findPrefix(const sqlite::Database &database,
                                                        const PrefixQuery &query);

// All of readSnapshot's checks but the chunks' bytes.
Result<> checkSnapshot(const sqlite::Database &database, SnapshotId id);

Result<SnapshotSummary> readSummary(const sqlite::Database &database, SnapshotId id);
Result<std::vector<SnapshotSummary>> readSummaries(const sqlite::Database &database);
Result<std::vector<SnapshotSummary>> readNamed(const sqlite::Database &database,
                                               std::string_view modelFingerprint);

// Removes the snapshot and the chunks that only it held. No turn may refer to it any more.
Result<> removeSnapshot(const sqlite::Database &database, SnapshotId id);

// Removes models that no snapshot names any more.
Result<> removeUnusedModels(const sqlite::Database &database);

} // namespace volary
