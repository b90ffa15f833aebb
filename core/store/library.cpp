#include "core/store/library.h"

#include "core/base/text.h"
#include "core/store/library_impl.h"
#include "core/store/schema.h"
#include "core/store/seal.h"
#include "core/store/snapshots.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace volary {

namespace {

namespace fs = std::filesystem;
using sqlite::Access;
using sqlite::Database;

fs::path beside(const fs::path &path, std::string_view suffix)
{
    fs::path sibling = path;
    sibling += suffix;
    return sibling;
}

// One name for one file, so that two ways to write its path meet the same lock.
fs::path canonicalPath(const fs::path &path)
{
    std::error_code failure;
    fs::path found = fs::weakly_canonical(fs::absolute(path, failure), failure);
    return failure ? path : found;
}

Error fileTrouble(const char *task, const fs::path &path, const std::string &reason)
{
    return {ErrorCode::Io,
            format("%s %s failed: %s.", task, printable(path.native(), 300).c_str(), reason.c_str()),
            "Check the folder and its disk."};
}

Result<> syncToDisk(const fs::path &path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int failure = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    if (!synced)
        return fileTrouble("Writing", path, std::strerror(failure));
    return {};
}

// Gives a file that was written beside its place its name: from then on it is there, whole.
Result<> moveIntoPlace(const fs::path &from, const fs::path &to)
{
    TRY_(syncToDisk(from));
    std::error_code failure;
    fs::rename(from, to, failure);
    if (failure)
        return fileTrouble("Writing", to, failure.message());
    return syncToDisk(to.parent_path());
}

void removeFile(const fs::path &path)
{
    std::error_code ignored; // a leftover that stays does no harm
    fs::remove(path, ignored);
}

Result<> createFile(const fs::path &path)
{
    if (std::error_code ignored; fs::exists(beside(path, "-wal"), ignored))
        return Error{ErrorCode::Corrupt,
                     format("%s is missing, but changes that belong to it lie beside it (-wal).",
                            printable(path.native(), 300).c_str()),
                     "Put the library back beside them, or move that file away to start with a new library."};
    const fs::path unfinished = beside(path, ".new");
    removeFile(unfinished);
    removeFile(beside(unfinished, "-journal"));
    {
        TRY(const auto database, Database::open(unfinished, Access::Create));
        TRY_(database->execute("PRAGMA page_size = 65536; PRAGMA auto_vacuum = INCREMENTAL;"
                               "PRAGMA synchronous = FULL;"));
        TRY_(prepareConnection(*database));
        TRY_(createSchema(*database));
    }
    return moveIntoPlace(unfinished, path);
}

// A complete copy under a name that is not taken; it stays, whatever happens to the migration.
Result<fs::path> backUp(const Database &database, const fs::path &path, int version)
{
    const std::string stem = format(".v%d-backup", version);
    fs::path target = beside(path, stem);
    std::error_code ignored;
    for (int i = 2; fs::exists(target, ignored); ++i)
        target = beside(path, stem + format("-%d", i));
    const fs::path unfinished = beside(path, stem + ".new");
    removeFile(unfinished);
    TRY_(database.run("VACUUM INTO ?", {unfinished.native()}));
    TRY_(moveIntoPlace(unfinished, target));
    return target;
}

// The new version, or the old one untouched. Returns what the user should know.
Result<std::string> upgrade(const Database &database, const fs::path &path, int version)
{
    TRY(const fs::path backup, backUp(database, path, version));
    if (auto migrated = migrate(database, version); !migrated) {
        removeFile(backup); // the library itself is what it was
        return std::move(migrated).error().during(
            format("Upgrading the library from version %d to %d", version, kSchemaVersion));
    }
    return format("The library was upgraded from version %d to %d; a copy of the old one is in %s.", version,
                  kSchemaVersion, printable(backup.filename().native(), 300).c_str());
}

Result<> configureWriter(const Database &database)
{
    // WAL where the file system can do it; elsewhere SQLite stays with its rollback journal, which is as
    // safe.
    return database.execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 256;"
        "PRAGMA journal_size_limit = 67108864;");
}

// Marks the library as being written, and says what the previous writer left behind.
Result<std::string> startWriting(const Database &database)
{
    TRY(auto transaction, sqlite::Transaction::begin(database, sqlite::Transaction::Kind::Write));
    TRY(const std::int64_t closed, database.integer("SELECT closed FROM writer WHERE id = 1"));
    TRY(const std::int64_t partial,
        database.integer("SELECT count(*) FROM turn WHERE status = ?", {int(TurnStatus::Partial)}));
    TRY_(database.run("UPDATE writer SET closed = 0 WHERE id = 1"));
    TRY_(transaction.commit());
    if (closed == 1)
        return std::string();
    if (partial == 0)
        return std::string("Volary did not end properly last time. Everything that was stored is here.");
    return format(
        "Volary did not end properly last time. Everything that was stored is here; %lld unfinished %s kept"
        " as far as it had come.",
        static_cast<long long>(partial), partial == 1 ? "reply was" : "replies were");
}

void join(std::string &notice, const std::string &more)
{
    if (!notice.empty() && !more.empty())
        notice += ' ';
    notice += more;
}

// Whether all that was stored is in the file itself: neither kind of log that may hold changes lies beside
// it.
bool hasNoLog(const fs::path &path)
{
    for (const char *suffix : {"-wal", "-journal"}) {
        std::error_code absent;
        if (fs::file_size(beside(path, suffix), absent) != 0 && !absent)
            return false;
    }
    return true;
}

// SQLite notices missing pages, but takes a last one that is cut off as if zeros followed.
Result<> checkWhole(const Database &database, const fs::path &path)
{
    TRY(const std::int64_t pageBytes, database.integer("PRAGMA page_size"));
    std::error_code failure;
    const auto bytes = fs::file_size(path, failure);
    if (failure || pageBytes <= 0 || bytes % std::uint64_t(pageBytes) == 0)
        return {};
    return Error{ErrorCode::Corrupt,
                 format("%s is cut off: its last page of %s is not complete.",
                        printable(path.native(), 300).c_str(), formatBytes(std::uint64_t(pageBytes)).c_str()),
                 "Restore a backup. The file was left as it is."};
}

Result<std::unique_ptr<Database>> openForWriting(const fs::path &path, std::string &notice)
{
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        TRY_(createFile(path));
    const bool whole = hasNoLog(path);
    TRY(auto database, Database::open(path, Access::ReadWrite));
    TRY_(prepareConnection(*database));
    TRY(const int version, schemaVersion(*database, path));
    if (whole)
        TRY_(checkWhole(*database, path));
    if (version < kSchemaVersion) {
        TRY(notice, upgrade(*database, path, version));
    }
    TRY_(checkSchema(*database, path));
    TRY_(configureWriter(*database));
    TRY(const std::string left, startWriting(*database));
    join(notice, left);
    database->setCheckpointOnClose(true);
    return database;
}

Result<std::unique_ptr<Database>> openReader(const fs::path &path, Access access)
{
    const bool whole = hasNoLog(path);
    TRY(auto database, Database::open(path, access));
    TRY_(prepareConnection(*database));
    TRY(const int version, schemaVersion(*database, path));
    if (whole)
        TRY_(checkWhole(*database, path));
    if (version < kSchemaVersion)
        return Error{ErrorCode::Unsupported,
                     format("%s has version %d and must be upgraded to %d, which needs writing.",
                            printable(path.native(), 300).c_str(), version, kSchemaVersion),
                     "Open it once for writing, or copy it to a folder where that is allowed."};
    TRY_(checkSchema(*database, path));
    return database;
}

Result<std::unique_ptr<Database>> openForReading(const fs::path &path)
{
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return Error{ErrorCode::NotFound,
                     format("There is no library %s.", printable(path.native(), 300).c_str()),
                     "Check the name, or open it for writing to make a new one."};
    auto reader = openReader(path, Access::ReadOnly);
    if (!reader && reader.error().code == ErrorCode::Io && hasNoLog(path))
        // In a write-protected folder SQLite cannot make the shared memory that readers of a WAL file need.
        // Nobody can be writing there either.
        return openReader(path, Access::Immutable);
    return reader;
}

} // namespace

Library::Library(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}

Library::~Library()
{
    if (m_impl->readOnly())
        return;
    // When this cannot be written the next start tells of an unclean end, which is then true.
    static_cast<void>(m_impl->database->run("UPDATE writer SET closed = 1 WHERE id = 1"));
}

Result<std::unique_ptr<Library>> Library::open(const std::filesystem::path &path, OpenMode mode)
{
    auto impl = std::make_unique<Impl>();
    impl->path = canonicalPath(path);
    if (mode == OpenMode::ReadOnly) {
        TRY(impl->database, openForReading(impl->path));
        impl->notice = "The library is open for reading only; nothing new is stored.";
    } else {
        std::error_code ignored; // if the folder cannot be made, the lock says why
        fs::create_directories(impl->path.parent_path(), ignored);
        TRY(impl->lock, LockFile::acquire(beside(impl->path, ".lock"), impl->path));
        TRY(impl->database, openForWriting(impl->path, impl->notice));
    }
    return std::unique_ptr<Library>(new Library(std::move(impl)));
}

Result<LibraryInfo> Library::info() const
{
    const Database &database = *m_impl->database;
    LibraryInfo info{m_impl->path, m_impl->readOnly(), m_impl->notice};
    TRY(auto transaction, m_impl->beginRead());
    TRY(const std::int64_t pages, database.integer("PRAGMA page_count"));
    TRY(const std::int64_t pageBytes, database.integer("PRAGMA page_size"));
    info.bytes = pages * pageBytes;
    TRY(info.conversations, database.integer("SELECT count(*) FROM conversation WHERE deleted_ms IS NULL"));
    TRY(info.snapshots, database.integer("SELECT count(*) FROM snapshot"));
    return info;
}

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

Result<SnapshotSummary> Library::snapshot(SnapshotId id) const
{
    return readSummary(*m_impl->database, id);
}

Result<std::vector<SnapshotSummary>> Library::snapshots() const
{
    return readSummaries(*m_impl->database);
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

Result<> Library::deleteSnapshot(SnapshotId id)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
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
    TRY_(removeSnapshot(database, id));
    TRY_(removeUnusedModels(database));
    return transaction.commit();
}

} // namespace volary
