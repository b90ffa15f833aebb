#include "core/store/library_impl.h"
#include "core/store/search_index.h"

#include <algorithm>

namespace volary {

namespace {

// U+E000 and U+E001 around the hit, "…" where the text goes on, 32 words at most.
constexpr const char *kExcerpt = "char(0xE000), char(0xE001), char(0x2026), 32)";

} // namespace

Result<std::vector<SearchHit>> Library::search(std::string_view words, int limit) const
{
    std::vector<SearchHit> hits;
    const std::string match = matchExpression(words);
    if (match.empty())
        return hits;

    TRY(auto transaction, m_impl->beginRead());
    const std::int64_t most = std::max(limit, 0);
    TRY_(m_impl->database->forEach(
        std::string("SELECT c.id, c.title, snippet(title_search, 0, ") + kExcerpt +
            " FROM title_search JOIN conversation c ON c.id = title_search.rowid"
            " WHERE title_search MATCH ? AND c.deleted_ms IS NULL ORDER BY title_search.rowid DESC LIMIT ?",
        {match, most}, [&](const sqlite::Statement &row) {
            hits.push_back({row.integer(0), 0, row.text(1), row.text(2)});
            return Result<>();
        }));
    TRY_(m_impl->database->forEach(
        std::string("SELECT c.id, turn.id, c.title, snippet(turn_search, 0, ") + kExcerpt +
            " FROM turn_search JOIN turn ON turn.id = turn_search.rowid JOIN conversation c ON c.id = "
            "turn.conversation"
            " WHERE turn_search MATCH ? AND turn.hidden_by IS NULL AND c.deleted_ms IS NULL"
            " ORDER BY turn_search.rowid DESC LIMIT ?",
        {match, most - std::int64_t(hits.size())}, [&](const sqlite::Statement &row) {
            hits.push_back({row.integer(0), row.integer(1), row.text(2), row.text(3)});
            return Result<>();
        }));
    return hits;
}

} // namespace volary
