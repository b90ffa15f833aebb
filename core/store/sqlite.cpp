#include "core/store/sqlite.h"

#include "core/base/check.h"
#include "core/base/text.h"

#include <sqlite3.h>

#include <array>
#include <cstring>

namespace volary::sqlite {

namespace {

// A value of the library is far below this; a hostile file must not make us allocate more at once.
constexpr int kMaxValueBytes = 512 * 1024 * 1024;

// How many steps of SQLite's virtual machine pass between two questions to keepGoing: some milliseconds.
constexpr int kStepsBetweenQuestions = 100'000;

std::string reason(int systemError)
{
    return systemError != 0 ? format(" (%s)", std::strerror(systemError)) : std::string();
}

Error describe(int code, const std::string &path, const std::string &message, int systemError)
{
    const std::string because = reason(systemError);
    switch (code & 0xFF) {
    case SQLITE_FULL:
        return {ErrorCode::Io,
                format("The disk that holds %s is full; this change was not stored.", path.c_str()),
                "Free some space and try again. Everything stored before is still there."};
    case SQLITE_IOERR:
        return {ErrorCode::Io, format("Reading or writing %s failed%s.", path.c_str(), because.c_str()),
                "Check the disk and try again. Everything stored before is still there."};
    case SQLITE_NOMEM:
        return {ErrorCode::OutOfMemory, format("There was not enough memory to work on %s.", path.c_str()),
                "Close other programs and try again."};
    case SQLITE_NOTADB:
        return {ErrorCode::Corrupt, format("%s is no library, or its beginning is damaged.", path.c_str()),
                "Restore a backup or choose another file. This one was left as it is."};
    case SQLITE_CORRUPT:
        return {
            ErrorCode::Corrupt, format("%s is damaged (%s).", path.c_str(), message.c_str()),
            "Check the library to see what is affected, and restore a backup of the file if there is one."};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {ErrorCode::Busy, format("Another program is using %s.", path.c_str()),
                "Close it there and try again."};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return {ErrorCode::Io,
                format("%s cannot be changed: it or its folder is write-protected.", path.c_str()),
                "Allow writing to the file and its folder, or open the library read-only."};
    case SQLITE_CANTOPEN:
        return {ErrorCode::Io, format("%s cannot be opened%s.", path.c_str(), because.c_str()),
                "Check that it exists and that you may read it and its folder."};
    case SQLITE_TOOBIG: return {ErrorCode::Invalid, format("A value is too large for %s.", path.c_str()), ""};
    case SQLITE_INTERRUPT: return {ErrorCode::Cancelled, "Cancelled.", ""};
    default:
        return {ErrorCode::Corrupt, format("%s is not as expected: %s.", path.c_str(), message.c_str()),
                "Check the library to see what is affected."};
    }
}

int flagsFor(Access access)
{
    constexpr int common = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (access) {
    case Access::ReadOnly:
    case Access::Immutable: return common | SQLITE_OPEN_READONLY;
    case Access::ReadWrite: return common | SQLITE_OPEN_READWRITE;
    case Access::Create: return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    }
    return common;
}

// Any byte may occur in a file name, and some of them mean something in an URI.
std::string uriOf(const std::filesystem::path &path, Access access)
{
    std::string uri = "file:";
    for (const unsigned char c : path.native()) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '/' || c == '.' || c == '-' || c == '_';
        uri += plain ? std::string(1, char(c)) : format("%%%02X", c);
    }
    return access == Access::Immutable ? uri + "?immutable=1" : uri;
}

} // namespace

void Statement::Finalize::operator()(sqlite3_stmt *statement) const
{
    sqlite3_finalize(statement);
}

Result<> Statement::bind(Values values)
{
    sqlite3_stmt *const statement = m_statement.get();
    VOLARY_CHECK(sqlite3_bind_parameter_count(statement) == int(values.size()),
                 "every parameter needs a value");
    int code = SQLITE_OK;
    int index = 0;
    for (const Value &value : values) {
        ++index;
        if (const auto *integer = std::get_if<std::int64_t>(&value.m_value))
            code = sqlite3_bind_int64(statement, index, *integer);
        else if (const auto *text = std::get_if<std::string_view>(&value.m_value))
            code = sqlite3_bind_text64(statement, index, text->data() ? text->data() : "", text->size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
        else if (const auto *blob = std::get_if<Bytes>(&value.m_value))
            code = blob->empty()
                       ? sqlite3_bind_zeroblob(statement, index, 0)
                       : sqlite3_bind_blob64(statement, index, blob->data(), blob->size(), SQLITE_STATIC);
        else
            code = sqlite3_bind_null(statement, index);
        if (code != SQLITE_OK)
            return m_database->failure(code);
    }
    return {};
}

Result<bool> Statement::step()
{
    const int code = sqlite3_step(m_statement.get());
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    return m_database->failure(code);
}

bool Statement::isNull(int column) const
{
    return sqlite3_column_type(m_statement.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const
{
    return sqlite3_column_int64(m_statement.get(), column);
}

std::optional<std::int64_t> Statement::optionalInteger(int column) const
{
    return isNull(column) ? std::nullopt : std::optional(integer(column));
}

std::string Statement::text(int column) const
{
    const Bytes bytes = blob(column);
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

Bytes Statement::blob(int column) const
{
    const bool present = !isNull(column);
    const void *const bytes = sqlite3_column_blob(m_statement.get(), column);
    const auto size = std::size_t(sqlite3_column_bytes(m_statement.get(), column));
    if (!bytes) {
        const int code = sqlite3_errcode(m_database->handle()) & 0xFF;
        m_columnLost = m_columnLost || (present && (code == SQLITE_NOMEM || size > 0));
        return {};
    }
    return {static_cast<const std::byte *>(bytes), size};
}

Result<> Statement::checkColumns() const
{
    if (m_columnLost)
        return m_database->failure(SQLITE_NOMEM);
    return {};
}

void Database::Close::operator()(sqlite3 *database) const
{
    const int code = sqlite3_close(database);
    VOLARY_CHECK(code == SQLITE_OK, "statements must be gone before their connection");
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path &path, Access access)
{
    return openUri(path, uriOf(path, access), flagsFor(access));
}

Result<std::unique_ptr<Database>> Database::openInMemory()
{
    return openUri("the memory", ":memory:", flagsFor(Access::Create));
}

Result<std::unique_ptr<Database>> Database::openUri(const std::filesystem::path &path, const std::string &uri,
                                                    int flags)
{
    std::unique_ptr<Database> database(new Database(path));
    sqlite3 *handle = nullptr;
    const int code = sqlite3_open_v2(uri.c_str(), &handle, flags, nullptr);
    database->m_handle.reset(handle); // after an error, too, there is a handle to close
    if (code != SQLITE_OK)
        return database->failure(code);

    sqlite3_busy_timeout(handle, 5000);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    database->setCheckpointOnClose(false);
    TRY_(
        database->execute("PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
                          "PRAGMA cache_size = -65536; PRAGMA secure_delete = ON;"));
    return database;
}

Result<Statement> Database::prepare(std::string_view sql, Values values) const
{
    sqlite3_stmt *prepared = nullptr;
    const int code = sqlite3_prepare_v2(m_handle.get(), sql.data(), int(sql.size()), &prepared, nullptr);
    if (code != SQLITE_OK)
        return failure(code);
    Statement statement(prepared, this);
    TRY_(statement.bind(values));
    return statement;
}

Result<> Database::execute(const std::string &sql) const
{
    const int code = sqlite3_exec(m_handle.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return failure(code);
    return {};
}

Result<> Database::run(std::string_view sql, Values values) const
{
    TRY_(forEach(sql, values, [](const Statement &) { return Result<>(); }));
    return {};
}

Result<std::int64_t> Database::forEach(std::string_view sql, Values values, const RowReader &read) const
{
    TRY(Statement statement, prepare(sql, values));
    for (std::int64_t rows = 0;; ++rows) {
        TRY(const bool more, statement.step());
        if (!more)
            return rows;
        TRY_(read(statement));
        TRY_(statement.checkColumns());
    }
}

Result<std::int64_t> Database::integer(std::string_view sql, Values values) const
{
    std::int64_t value = 0;
    TRY_(forEach(sql, values, [&](const Statement &row) {
        value = row.integer(0);
        return Result<>();
    }));
    return value;
}

std::int64_t Database::lastInsertId() const
{
    return sqlite3_last_insert_rowid(m_handle.get());
}

std::int64_t Database::changes() const
{
    return sqlite3_changes64(m_handle.get());
}

bool Database::inTransaction() const
{
    return sqlite3_get_autocommit(m_handle.get()) == 0;
}

void Database::setCheckpointOnClose(bool on)
{
    sqlite3_db_config(m_handle.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 0 : 1, nullptr);
}

void Database::setKeepGoing(const std::function<bool()> *keepGoing)
{
    const auto ask = [](void *question) {
        return (*static_cast<const std::function<bool()> *>(question))() ? 0 : 1;
    };
    void *const question = const_cast<std::function<bool()> *>(keepGoing); // only ever called, see `ask`
    sqlite3_progress_handler(m_handle.get(), keepGoing ? kStepsBetweenQuestions : 0,
                             keepGoing ? +ask : nullptr, question);
}

Error Database::failure(int code) const
{
    sqlite3 *const handle = m_handle.get();
    const bool known = handle && (sqlite3_errcode(handle) & 0xFF) == (code & 0xFF);
    const std::string message = known ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    return describe(code, printable(m_path.native(), 300), printable(message, 300),
                    handle ? sqlite3_system_errno(handle) : 0);
}

Result<Transaction> Transaction::begin(const Database &database, Kind kind)
{
    TRY(Statement rollback, database.prepare("ROLLBACK"));
    TRY_(database.run(kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN"));
    return Transaction(&database, std::move(rollback));
}

Transaction::~Transaction()
{
    if (!m_database || !m_database->inTransaction())
        return; // committed, or SQLite undid it by itself after a full disk or an I/O error
    // Undoing needs neither disk nor memory; if it should fail, the next opening undoes the changes.
    static_cast<void>(m_rollback.step());
}

Result<> Transaction::commit()
{
    TRY_(m_database->run("COMMIT"));
    m_database = nullptr;
    return {};
}

} // namespace volary::sqlite
