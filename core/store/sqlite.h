// A thin layer over SQLite's C interface: owners that release what they hold, and outcomes written for
// people.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

struct sqlite3;
struct sqlite3_stmt;

namespace volary::sqlite {

using Bytes = std::span<const std::byte>;

// What can be bound to a parameter: null, an integer, text or a blob. Views only: what is bound must live as
// long as the statement runs.
class Value {
public:
    Value(std::nullopt_t) {}
    Value(std::int64_t value) : m_value(value) {}
    Value(int value) : m_value(std::int64_t(value)) {}
    Value(const std::optional<std::int64_t> &value)
    {
        if (value)
            m_value = *value;
    }
    Value(std::string_view text) : m_value(text) {}
    Value(const std::string &text) : m_value(std::string_view(text)) {}
    Value(const char *text) : m_value(std::string_view(text)) {}
    Value(Bytes blob) : m_value(blob) {}

private:
    friend class Statement;
    std::variant<std::monostate, std::int64_t, std::string_view, Bytes> m_value;
};

using Values = std::initializer_list<Value>;

// A prepared statement with its parameters bound. Rows are read by column number, from 0; the views that
// blob() gives end with the next step.
class Statement {
public:
    // True: there is a row to read. False: the statement is finished.
    Result<bool> step();

    bool isNull(int column) const;
    std::int64_t integer(int column) const;
    std::optional<std::int64_t> optionalInteger(int column) const;
    std::string text(int column) const;
    Bytes blob(int column) const; // of text, too

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt *statement) const;
    };

    Statement(sqlite3_stmt *statement, const class Database *database)
        : m_statement(statement), m_database(database)
    {}
    Result<> bind(Values values);
    Result<> checkColumns() const; // an error when memory ran out while a column was read

    std::unique_ptr<sqlite3_stmt, Finalize> m_statement;
    const Database *m_database;
    mutable bool m_columnLost = false;
};

enum class Access : std::uint8_t {
    ReadOnly,
    Immutable, // read-only, and nobody else can change the file: needs no lock and no shared memory beside it
    ReadWrite,
    Create,
};

// One connection, used by one thread. Does not move: its statements point at it.
class Database {
public:
    using RowReader = std::function<Result<>(const Statement &row)>;

    static Result<std::unique_ptr<Database>> open(const std::filesystem::path &path, Access access);
    static Result<std::unique_ptr<Database>> openInMemory();
    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;

    Result<Statement> prepare(std::string_view sql, Values values = {}) const;
    // Several statements that return nothing and bind nothing.
    Result<> execute(const std::string &sql) const;
    // One statement; rows, if any, are ignored.
    Result<> run(std::string_view sql, Values values = {}) const;
    // Reads every row; says how many there were.
    Result<std::int64_t> forEach(std::string_view sql, Values values, const RowReader &read) const;
    // The first column of the first row as a number; 0 when there is no row or it is null.
    Result<std::int64_t> integer(std::string_view sql, Values values = {}) const;

    std::int64_t lastInsertId() const;
    std::int64_t changes() const; // rows changed by the last statement
    bool inTransaction() const;

    // Whether closing may merge the write-ahead log into the file. Off after opening: a file that is refused
    // must not be touched.
    void setCheckpointOnClose(bool on);

    // Asks `keepGoing` every now and then while statements run; false ends them with ErrorCode::Cancelled.
    // Empty: stops asking. The function must outlive the asking.
    void setKeepGoing(const std::function<bool()> *keepGoing);

    sqlite3 *handle() const { return m_handle.get(); }

    // The failure that the last call on this connection met, as a sentence.
    Error failure(int code) const;

private:
    struct Close {
        void operator()(sqlite3 *database) const;
    };

    explicit Database(std::filesystem::path path) : m_path(std::move(path)) {}
    static Result<std::unique_ptr<Database>> openUri(const std::filesystem::path &path,
                                                     const std::string &uri, int flags);

    std::filesystem::path m_path;
    std::unique_ptr<sqlite3, Close> m_handle;
};

// Everything between begin() and commit() happens or none of it. Without commit() it is undone.
class Transaction {
public:
    enum class Kind : std::uint8_t { Read, Write };

    static Result<Transaction> begin(const Database &database, Kind kind);
    Transaction(Transaction &&other) noexcept
        : m_database(std::exchange(other.m_database, nullptr)), m_rollback(std::move(other.m_rollback))
    {}
    Transaction &operator=(Transaction &&) = delete;
    ~Transaction();

    Result<> commit(); // durable when it returns, if it was a writing one

private:
    Transaction(const Database *database, Statement rollback)
        : m_database(database), m_rollback(std::move(rollback))
    {}
    const Database *m_database;
    Statement m_rollback; // made in advance: when memory has run out it could not be made any more
};

} // namespace volary::sqlite
