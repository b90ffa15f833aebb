#include "core/store/schema.h"

#include "core/base/text.h"
#include "core/store/seal.h"
#include "core/store/search_tokenizer.h"

#include <array>
#include <vector>

namespace volary {

namespace {

constexpr std::int64_t kApplicationId = 0x564C5259; // "VLRY"

// Large values stand last in their rows, so that lists do not walk through them. What each column means is
// written in docs/formats.md.
constexpr const char *kVersion1 = R"(
CREATE TABLE model(
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    architecture TEXT NOT NULL,
    name TEXT NOT NULL,
    tokenizer TEXT NOT NULL,
    numeric_profile TEXT NOT NULL,
    UNIQUE(fingerprint, architecture, name, tokenizer, numeric_profile)
) STRICT;

CREATE TABLE conversation(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    change INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    deleted_ms INTEGER,
    current_turn INTEGER REFERENCES turn(id) DEFERRABLE INITIALLY DEFERRED,
    seal BLOB NOT NULL,
    model_fingerprint TEXT NOT NULL,
    model_name TEXT NOT NULL,
    chat_format TEXT NOT NULL,
    title TEXT NOT NULL,
    settings TEXT NOT NULL
) STRICT;

CREATE TABLE snapshot(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model INTEGER NOT NULL REFERENCES model(id),
    created_ms INTEGER NOT NULL,
    format INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    state_bytes INTEGER NOT NULL,
    content BLOB NOT NULL,
    seal BLOB NOT NULL,
    name TEXT NOT NULL,
    manifest TEXT NOT NULL,
    sampler BLOB NOT NULL
) STRICT;

CREATE TABLE turn(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL REFERENCES conversation(id),
    parent INTEGER REFERENCES turn(id),
    role INTEGER NOT NULL,
    status INTEGER NOT NULL,
    hidden_by INTEGER,
    created_ms INTEGER NOT NULL,
    snapshot INTEGER REFERENCES snapshot(id),
    tokens INTEGER NOT NULL,
    position INTEGER NOT NULL,
    seal BLOB NOT NULL,
    stats TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX turn_by_conversation ON turn(conversation, hidden_by);
CREATE INDEX turn_by_parent ON turn(parent);
CREATE INDEX turn_by_snapshot ON turn(snapshot);

CREATE TABLE turn_data(
    turn INTEGER NOT NULL REFERENCES turn(id) ON DELETE CASCADE,
    kind INTEGER NOT NULL,
    seal BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY(turn, kind)
) STRICT;

CREATE TABLE chunk(
    id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE snapshot_chunk(
    snapshot INTEGER NOT NULL REFERENCES snapshot(id) ON DELETE CASCADE,
    stream INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    chunk INTEGER NOT NULL REFERENCES chunk(id),
    PRIMARY KEY(snapshot, stream, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshot_chunk_by_chunk ON snapshot_chunk(chunk);
)";

// Full-text search, and a mark that tells whether the last writer closed the library or died.
constexpr const char *kVersion2 = R"(
CREATE VIRTUAL TABLE turn_search USING fts5(text, content='turn', content_rowid='id', tokenize='volary');
CREATE VIRTUAL TABLE title_search USING fts5(title, content='conversation', content_rowid='id', tokenize='volary');
INSERT INTO turn_search(turn_search) VALUES('rebuild');
INSERT INTO title_search(title_search) VALUES('rebuild');

CREATE TABLE writer(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    closed INTEGER NOT NULL
) STRICT;
INSERT INTO writer(id, closed) VALUES(1, 1);
)";

// What the user says about a snapshot stands beside it: its own row and seal stay as they were written.
constexpr const char *kVersion3 = R"(
CREATE TABLE snapshot_mark(
    snapshot INTEGER PRIMARY KEY REFERENCES snapshot(id) ON DELETE CASCADE,
    pinned INTEGER NOT NULL,
    deleted_ms INTEGER,
    seal BLOB NOT NULL
) STRICT;
CREATE INDEX snapshot_by_length ON snapshot(model, tokens);
)";

// Documents: the text once, and how far each model has read it.
constexpr const char *kVersion4 = R"(
CREATE TABLE document(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 BLOB NOT NULL UNIQUE,
    seal BLOB NOT NULL,
    format TEXT NOT NULL,
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    notice TEXT NOT NULL
) STRICT;

CREATE TABLE document_text(
    document INTEGER PRIMARY KEY REFERENCES document(id) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE document_section(
    document INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    level INTEGER NOT NULL,
    begin_at INTEGER NOT NULL,
    end_at INTEGER NOT NULL,
    seal BLOB NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY(document, seq)
) STRICT;

CREATE TABLE reading(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    updated_ms INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    position INTEGER NOT NULL,
    snapshot INTEGER REFERENCES snapshot(id),
    seal BLOB NOT NULL,
    fingerprint TEXT NOT NULL,
    tokenizer TEXT NOT NULL,
    model_name TEXT NOT NULL,
    UNIQUE(document, fingerprint, tokenizer)
) STRICT;
CREATE INDEX reading_by_snapshot ON reading(snapshot);

CREATE TABLE chapter_state(
    reading INTEGER NOT NULL REFERENCES reading(id) ON DELETE CASCADE,
    chapter INTEGER NOT NULL,
    snapshot INTEGER NOT NULL REFERENCES snapshot(id),
    PRIMARY KEY(reading, chapter)
) STRICT, WITHOUT ROWID;
CREATE INDEX chapter_state_by_snapshot ON chapter_state(snapshot);

CREATE TABLE summary(
    reading INTEGER NOT NULL REFERENCES reading(id) ON DELETE CASCADE,
    chapter INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    seal BLOB NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY(reading, chapter)
) STRICT;

CREATE TABLE document_question(
    document INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    conversation INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
    PRIMARY KEY(document, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX document_question_by_conversation ON document_question(conversation);
)";

// The same tables. Older programs would take a finished turn without a state for one at the very start of a
// conversation, and do not know rounded states.
constexpr const char *kVersion5 = "";

constexpr std::array<const char *, kSchemaVersion> kSteps{kVersion1, kVersion2, kVersion3, kVersion4,
                                                          kVersion5};

Result<> runSteps(const sqlite::Database &database, int version)
{
    TRY(auto transaction, sqlite::Transaction::begin(database, sqlite::Transaction::Kind::Write));
    for (int step = version; step < kSchemaVersion; ++step)
        TRY_(database.execute(kSteps[std::size_t(step)]));
    TRY_(database.execute(format("PRAGMA application_id = %lld; PRAGMA user_version = %d;",
                                 static_cast<long long>(kApplicationId), kSchemaVersion)));
    return transaction.commit();
}

// SQLite's own tables (sqlite_sequence) are left out, and statistics that ANALYZE of another tool may have
// left.
Result<std::vector<std::string>> definitions(const sqlite::Database &database)
{
    std::vector<std::string> found;
    TRY_(database.forEach("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema"
                          " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name",
                          {}, [&](const sqlite::Statement &row) {
                              found.push_back(row.text(0));
                              return Result<>();
                          }));
    return found;
}

} // namespace

Result<> prepareConnection(const sqlite::Database &database)
{
    TRY_(addSealFunction(database));
    return addSearchTokenizer(database);
}

Result<int> schemaVersion(const sqlite::Database &database, const std::filesystem::path &path)
{
    const std::string name = printable(path.native(), 300);
    TRY(const std::int64_t pages, database.integer("PRAGMA page_count"));
    if (pages == 0)
        return Error{ErrorCode::Corrupt,
                     format("%s is empty: a library was cut off here or never written.", name.c_str()),
                     "Restore a backup, or move the file away to start with a new library."};
    TRY(const std::int64_t application, database.integer("PRAGMA application_id"));
    TRY(const std::int64_t version, database.integer("PRAGMA user_version"));
    if (application != kApplicationId || version < 1)
        return Error{ErrorCode::Corrupt, format("%s is a database of another program.", name.c_str()),
                     "Choose another file. This one was left as it is."};
    if (version > kSchemaVersion)
        return Error{
            ErrorCode::Unsupported,
            format("%s was written by a newer Volary: its version is %lld, this program knows up to %d.",
                   name.c_str(), static_cast<long long>(version), kSchemaVersion),
            "Update Volary. The file was left as it is."};
    return int(version);
}

Result<> createSchema(const sqlite::Database &database)
{
    return runSteps(database, 0);
}

Result<> migrate(const sqlite::Database &database, int version)
{
    return runSteps(database, version);
}

Result<> checkSchema(const sqlite::Database &database, const std::filesystem::path &path)
{
    TRY(const auto model, sqlite::Database::openInMemory());
    TRY_(prepareConnection(*model));
    TRY_(createSchema(*model));
    TRY(const auto expected, definitions(*model));
    TRY(const auto found, definitions(database));
    if (found != expected)
        return Error{ErrorCode::Corrupt,
                     format("%s does not have the tables of a library of version %d.",
                            printable(path.native(), 300).c_str(), kSchemaVersion),
                     "Restore a backup. The file was left as it is."};
    return {};
}

} // namespace volary
