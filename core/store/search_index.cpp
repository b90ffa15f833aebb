#include "core/store/search_index.h"

namespace volary {

IndexUpdate::IndexUpdate(const sqlite::Database &database, std::int64_t id, std::string index,
                         std::string table, std::string column)
    : m_database(database), m_id(id), m_index(std::move(index)), m_table(std::move(table)),
      m_column(std::move(column))
{}

IndexUpdate IndexUpdate::ofTurn(const sqlite::Database &database, std::int64_t id)
{
    return {database, id, "turn_search", "turn", "text"};
}

IndexUpdate IndexUpdate::ofTitle(const sqlite::Database &database, std::int64_t id)
{
    return {database, id, "title_search", "conversation", "title"};
}

Result<> IndexUpdate::attempt(const std::string &sql)
{
    if (m_damaged)
        return {};
    auto outcome = m_database.run(sql, {m_id});
    if (!outcome && outcome.error().code == ErrorCode::Corrupt) {
        m_damaged = true;
        return {};
    }
    return outcome;
}

Result<> IndexUpdate::remove()
{
    return attempt("INSERT INTO " + m_index + "(" + m_index + ", rowid, " + m_column +
                   ") SELECT 'delete', id, " + m_column + " FROM " + m_table + " WHERE id = ?");
}

Result<> IndexUpdate::add()
{
    TRY_(attempt("INSERT INTO " + m_index + "(rowid, " + m_column + ") SELECT id, " + m_column + " FROM " +
                 m_table + " WHERE id = ?"));
    return repair();
}

Result<> IndexUpdate::repair()
{
    if (!m_damaged)
        return {};
    m_damaged = false;
    return m_database.run("INSERT INTO " + m_index + "(" + m_index + ") VALUES('rebuild')");
}

Result<> compactIndex(const sqlite::Database &database)
{
    TRY_(database.run("INSERT INTO turn_search(turn_search) VALUES('optimize')"));
    return database.run("INSERT INTO title_search(title_search) VALUES('optimize')");
}

Result<> checkIndex(const sqlite::Database &database)
{
    TRY_(database.run("INSERT INTO turn_search(turn_search, rank) VALUES('integrity-check', 1)"));
    return database.run("INSERT INTO title_search(title_search, rank) VALUES('integrity-check', 1)");
}

std::string matchExpression(std::string_view words)
{
    constexpr std::string_view blanks = " \t\n\r\f\v";
    std::string expression;
    for (;;) {
        const std::size_t start = words.find_first_not_of(blanks);
        if (start == std::string_view::npos)
            return expression.empty() ? expression : expression + "*";
        words.remove_prefix(start);
        const std::string_view word = words.substr(0, words.find_first_of(blanks));
        words.remove_prefix(word.size());
        expression += expression.empty() ? "\"" : " \"";
        for (const char c : word)
            if (c != '\0')
                expression += c == '"' ? "\"\"" : std::string(1, c);
        expression += '"';
    }
}

} // namespace volary
