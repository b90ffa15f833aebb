// Readings of documents as rows. All functions run inside a transaction of their caller.
#pragma once

#include "core/store/document_records.h"
#include "core/store/sqlite.h"

namespace volary {

Error missingDocument(DocumentId id);

Result<std::vector<Reading>> readingsOf(const sqlite::Database &database, DocumentId id); // the newest first

// With its states and summaries.
Result<> removeReading(const sqlite::Database &database, ReadingId id);

} // namespace volary
