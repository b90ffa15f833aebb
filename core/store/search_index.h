// The full-text index. It holds no text of its own and can always be made anew from the turns and titles.
#pragma once

#include "core/store/sqlite.h"

#include <string>
#include <string_view>

namespace volary {

// Keeps the index in step with a row that is changed: remove(), change the row, add(). When the index turns
// out to be damaged it is made anew instead, so that damage there never keeps a turn from being stored.
class IndexUpdate {
public:
    static IndexUpdate ofTurn(const sqlite::Database &database, std::int64_t id);
    static IndexUpdate ofTitle(const sqlite::Database &database, std::int64_t id);

    Result<> remove(); // before the row changes or goes
    Result<> add();    // after it changed; after it went: repair() alone
    Result<> repair(); // makes the index anew if it was found damaged

private:
    IndexUpdate(const sqlite::Database &database, std::int64_t id, std::string index, std::string table,
                std::string column);
    Result<> attempt(const std::string &sql);

    const sqlite::Database &m_database;
    std::int64_t m_id;
    std::string m_index;
    std::string m_table;
    std::string m_column;
    bool m_damaged = false;
};

// Drops what deleted rows left in the index, so that their words are gone from the file.
Result<> compactIndex(const sqlite::Database &database);

// An error when the index does not agree with the texts. Needs a connection that may write, and writes
// nothing.
Result<> checkIndex(const sqlite::Database &database);

// What people type as a query of FTS5: every word must occur, the last one may go on. Nothing in it is an
// operator. Empty when there is nothing to look for.
std::string matchExpression(std::string_view words);

} // namespace volary
