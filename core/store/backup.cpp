#include "core/base/text.h"
#include "core/store/files.h"
#include "core/store/library_impl.h"

#include <sqlite3.h>

namespace volary {

namespace {

namespace fs = std::filesystem;
using sqlite::Access;
using sqlite::Database;

constexpr int kPagesAtOnce = 64; // 4 MiB: often enough for progress and cancelling

// A folder for a copy and all that opening it puts beside it; gone with what is left in it.
class WorkFolder {
public:
    static Result<WorkFolder> make(const fs::path &beside)
    {
        WorkFolder folder(beside);
        folder.clear(); // what a run left that did not end
        std::error_code failure;
        fs::create_directories(folder.m_path, failure);
        if (failure)
            return fileTrouble("Making", folder.m_path, failure.message());
        return folder;
    }
    WorkFolder(WorkFolder &&other) noexcept : m_path(std::exchange(other.m_path, {})) {}
    WorkFolder &operator=(WorkFolder &&) = delete;
    ~WorkFolder()
    {
        if (!m_path.empty())
            clear();
    }

    fs::path copy() const { return m_path / "library.volary"; }

private:
    explicit WorkFolder(fs::path path) : m_path(std::move(path)) {}

    // Only what lies there by our names: the folder may have been somebody's before.
    void clear() const
    {
        std::error_code ignored; // a leftover that stays does no harm
        const std::string prefix = copy().filename().string();
        std::vector<fs::path> ours;
        for (const auto &entry : fs::directory_iterator(m_path, ignored)) {
            if (entry.path().filename().string().starts_with(prefix))
                ours.push_back(entry.path());
        }
        for (const fs::path &path : ours)
            fs::remove(path, ignored);
        fs::remove(m_path, ignored); // if nothing else is in it
    }

    fs::path m_path;
};

Error cancelled()
{
    return {ErrorCode::Cancelled, "Cancelled.", ""};
}

Result<> copyPages(const Database &from, const fs::path &to, const Library::Progress &progress)
{
    // One view of the library for all steps: what others write meanwhile does not make SQLite begin again.
    TRY(auto view, sqlite::Transaction::begin(from, sqlite::Transaction::Kind::Read));
    TRY_(from.integer("SELECT count(*) FROM sqlite_schema"));
    TRY(const auto target, Database::open(to, Access::Create));
    struct Finish {
        void operator()(sqlite3_backup *backup) const { sqlite3_backup_finish(backup); }
    };
    const std::unique_ptr<sqlite3_backup, Finish> backup(
        sqlite3_backup_init(target->handle(), "main", from.handle(), "main"));
    if (!backup)
        return target->failure(sqlite3_errcode(target->handle()));
    double copied = 0;
    while (progress(copied)) {
        const int code = sqlite3_backup_step(backup.get(), kPagesAtOnce);
        if (code == SQLITE_DONE)
            return progress(1) ? Result<>() : cancelled();
        if (code != SQLITE_OK)
            return target->failure(code);
        const int total = std::max(1, sqlite3_backup_pagecount(backup.get()));
        copied = 1 - double(sqlite3_backup_remaining(backup.get())) / total;
    }
    return cancelled();
}

// Opens the copy as any library is opened, which upgrades an older one, reads all of it, and closes it as
// ended properly.
Result<std::vector<Library::Damage>> checkCopy(const fs::path &copy, const Library::Progress &progress)
{
    std::vector<Library::Damage> damage;
    {
        TRY(const auto library, Library::open(copy));
        TRY(damage, library->verify([&] { return progress(-1); }));
    }
    {
        // Whoever reads a file with a write-ahead log leaves files beside it; a backup should stay alone.
        TRY(const auto database, Database::open(copy, Access::ReadWrite));
        TRY_(database->execute("PRAGMA journal_mode = DELETE"));
    }
    if (!hasNoLog(copy))
        return Error{ErrorCode::Io, "The copy of the library could not be finished.",
                     "Check the disk and try again."};
    return damage;
}

// A second name for the same file where the file system has that, else a copy.
Result<fs::path> keepAside(const fs::path &path)
{
    const fs::path aside = freeNameBeside(path, ".replaced");
    std::error_code failure;
    fs::create_hard_link(path, aside, failure);
    if (failure && !fs::copy_file(path, aside, failure))
        return fileTrouble("Copying", path, failure.message());
    TRY_(syncToDisk(aside));
    return aside;
}

// What a writer that died left in its log goes into the file, which is then all there is to keep.
Result<> foldLog(const fs::path &path)
{
    if (hasNoLog(path))
        return {};
    if (const auto database = Database::open(path, Access::ReadWrite)) {
        database.value()->setCheckpointOnClose(true);
        static_cast<void>(database.value()->run("PRAGMA wal_checkpoint(TRUNCATE)")); // looked at below
    }
    if (hasNoLog(path))
        return {};
    return Error{ErrorCode::Corrupt,
                 format("%s has changes beside it (-wal or -journal) that cannot be merged into it.",
                        printable(path.native(), 300).c_str()),
                 "Move the library and these files to another folder, and restore the backup again."};
}

} // namespace

Result<std::vector<Library::Damage>> Library::backUp(const fs::path &target, const Progress &progress) const
{
    const fs::path to = canonicalPath(target);
    std::error_code ignored;
    if (to == m_impl->path || fs::equivalent(to, m_impl->path, ignored))
        return Error{ErrorCode::Invalid, "The backup would replace the library itself.",
                     "Choose another name or folder."};
    if (!hasNoLog(to))
        return Error{ErrorCode::Invalid,
                     format("%s is a library in use: changes that belong to it lie beside it.",
                            printable(to.native(), 300).c_str()),
                     "Choose another name or folder."};
    TRY(const WorkFolder folder, WorkFolder::make(beside(to, ".unfinished")));
    TRY_(copyPages(*m_impl->database, folder.copy(), progress));
    TRY(auto damage, checkCopy(folder.copy(), progress));
    TRY_(moveIntoPlace(folder.copy(), to));
    return damage;
}

Result<Library::Restored> Library::restore(const fs::path &backup, const fs::path &path,
                                           const Progress &progress)
{
    const fs::path to = canonicalPath(path), from = canonicalPath(backup);
    std::error_code failure;
    if (from == to || fs::equivalent(from, to, failure))
        return Error{ErrorCode::Invalid, "The backup is the library itself.", "Choose another file."};
    fs::create_directories(to.parent_path(), failure); // if the folder cannot be made, the lock says why
    TRY(const LockFile lock, LockFile::acquire(beside(to, ".lock"), to));
    TRY(const WorkFolder folder, WorkFolder::make(beside(to, ".unfinished")));
    {
        TRY(const auto source, openForReading(from, Versions::Older));
        TRY_(copyPages(*source, folder.copy(), progress));
    }
    Restored restored;
    TRY(restored.damage, checkCopy(folder.copy(), progress));
    TRY_(foldLog(to));
    if (fs::exists(to, failure)) {
        TRY(restored.replaced, keepAside(to));
    }
    // From here on it is the restored one, at once and whole: there is no moment without a library.
    TRY_(moveIntoPlace(folder.copy(), to));
    return restored;
}

} // namespace volary
