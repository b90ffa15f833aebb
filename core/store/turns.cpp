#include "core/base/text.h"
#include "core/store/clock.h"
#include "core/store/library_impl.h"
#include "core/store/seal.h"
#include "core/store/search_index.h"
#include "core/store/snapshot_marks.h"
#include "core/store/snapshots.h"
#include "core/store/turn_data.h"

#include <map>
#include <utility>

namespace volary {

using sqlite::Database;
using sqlite::Statement;

namespace {

// Both calls below that look upwards stop here: a damaged row must not send them in circles.
const std::string kDescendants = "WITH RECURSIVE below(id) AS (SELECT ?1 UNION SELECT turn.id FROM turn JOIN "
                                 "below ON turn.parent = below.id)";

Error missing(TurnId id)
{
    return {ErrorCode::NotFound, format("There is no turn %lld in this library.", static_cast<long long>(id)),
            ""};
}

struct TurnPlace {
    ConversationId conversation = 0;
    std::optional<TurnId> parent;
    TurnStatus status = TurnStatus::Finished;
    std::optional<TurnId> hiddenBy;
};

Result<TurnPlace> placeOf(const Database &database, TurnId id)
{
    TurnPlace place;
    TRY(const std::int64_t found,
        database.forEach("SELECT conversation, parent, status, hidden_by FROM turn WHERE id = ?", {id},
                         [&](const Statement &row) {
                             place = {row.integer(0), row.optionalInteger(1), TurnStatus(row.integer(2)),
                                      row.optionalInteger(3)};
                             return Result<>();
                         }));
    if (found == 0)
        return missing(id);
    return place;
}

// What must hold for a turn before it is stored or finished.
Result<> checkTurn(const Database &database, const Turn &values)
{
    if (!isValidUtf8(values.text))
        return Error{ErrorCode::Invalid, "The text of a turn must be valid UTF-8.", ""};
    if (values.id != 0) {
        TRY(const TurnPlace place, placeOf(database, values.id));
        if (place.status != TurnStatus::Partial || place.conversation != values.conversation)
            return Error{ErrorCode::Invalid,
                         format("Turn %lld is finished and cannot be written again.",
                                static_cast<long long>(values.id)),
                         ""};
    }
    if (values.parent) {
        TRY(const TurnPlace parent, placeOf(database, *values.parent));
        if (parent.conversation != values.conversation || (values.id != 0 && *values.parent >= values.id))
            return Error{
                ErrorCode::Invalid,
                format("Turn %lld cannot stand before this one.", static_cast<long long>(*values.parent)),
                ""};
    }
    return {};
}

// Stores the row of a new turn, or the new values of a partial one; a turn below a hidden one is hidden with
// it.
Result<TurnId> writeRow(const Database &database, const Turn &values, std::optional<SnapshotId> snapshot)
{
    const std::int64_t createdMs = values.createdMs != 0 ? values.createdMs : nowMs();
    if (values.id == 0) {
        TRY_(database.run(
            "INSERT INTO turn(conversation, parent, role, status, hidden_by, created_ms, snapshot,"
            " tokens, position, seal, stats, text)"
            " VALUES(?1, ?2, ?3, ?4, (SELECT hidden_by FROM turn WHERE id = ?2), ?5, ?6, ?7, ?8, x'', ?9,"
            " ?10)",
            {values.conversation, values.parent, int(values.role), int(values.status), createdMs, snapshot,
             values.tokens, values.position, values.statsJson, values.text}));
        const TurnId id = database.lastInsertId();
        TRY_(sealTurn(database, id));
        TRY_(IndexUpdate::ofTurn(database, id).add());
        return id;
    }
    auto index = IndexUpdate::ofTurn(database, values.id);
    TRY_(index.remove());
    // Every column is written, so the new seal holds even where the old row was damaged.
    TRY_(database.run(
        "UPDATE turn SET conversation = ?1, parent = ?2, role = ?3, status = ?4, hidden_by ="
        " (SELECT p.hidden_by FROM turn p WHERE p.id = ?2), created_ms = ?5, snapshot = ?6, tokens = ?7,"
        " position = ?8, seal = x'', stats = ?9, text = ?10 WHERE id = ?11",
        {values.conversation, values.parent, int(values.role), int(values.status), createdMs, snapshot,
         values.tokens, values.position, values.statsJson, values.text, values.id}));
    TRY_(sealTurn(database, values.id));
    TRY_(index.add());
    return values.id;
}

Result<> checkConversation(const Database &database, ConversationId id)
{
    TRY(const std::int64_t found, database.integer("SELECT count(*) FROM conversation WHERE id = ?", {id}));
    if (found == 0)
        return Error{ErrorCode::NotFound,
                     format("There is no conversation %lld in this library.", static_cast<long long>(id)),
                     ""};
    return {};
}

Result<> makeCurrent(const Database &database, ConversationId conversation, std::optional<TurnId> turn)
{
    TRY_(database.run("UPDATE conversation SET current_turn = ?, " + kUnsealConversation + " WHERE id = ?",
                      {turn, conversation}));
    return touchConversation(database, conversation); // seals it
}

// Gives `from`, when it is hidden by `was`, and all below it that is, another reason (or none) to be hidden.
Result<> changeHidden(const Database &database, TurnId id, std::optional<TurnId> was,
                      std::optional<TurnId> now)
{
    std::vector<TurnId> affected;
    TRY_(database.forEach(kDescendants +
                              " SELECT turn.id FROM turn JOIN below USING(id) WHERE turn.hidden_by IS ?2",
                          {id, was}, [&](const Statement &row) {
                              affected.push_back(row.integer(0));
                              return Result<>();
                          }));
    for (const TurnId turn : affected) {
        TRY_(database.run("UPDATE turn SET hidden_by = ?, " + kUnsealTurn + " WHERE id = ?", {now, turn}));
        TRY_(sealTurn(database, turn));
    }
    return {};
}

// What turnOf() reads, in its order.
const std::string kTurnColumns = "seal = " + kTurnSeal +
                                 ", id, conversation, parent, role, status, created_ms, snapshot, tokens,"
                                 " position, stats, text";

Turn turnOf(const Statement &row)
{
    Turn turn;
    turn.damaged = row.integer(0) != 1;
    turn.id = row.integer(1);
    turn.conversation = row.integer(2);
    turn.parent = row.optionalInteger(3);
    turn.role = row.integer(4) == int(Role::User) ? Role::User : Role::Assistant;
    turn.status = TurnStatus(std::uint8_t(row.integer(5)));
    turn.createdMs = row.integer(6);
    turn.snapshot = row.optionalInteger(7);
    turn.tokens = row.integer(8);
    turn.position = row.integer(9);
    turn.statsJson = row.text(10);
    turn.text = row.text(11);
    return turn;
}

// Copies a turn and those above it into another conversation; they share their snapshots. The copy of `leaf`.
Result<TurnId> copyPath(const Database &database, TurnId leaf, ConversationId to)
{
    std::vector<Turn> path;
    TRY_(database.forEach(
        "WITH RECURSIVE above(id) AS (SELECT ?1 UNION SELECT turn.parent FROM turn JOIN above"
        " USING(id) WHERE turn.parent IS NOT NULL)"
        " SELECT " +
            kTurnColumns + " FROM turn JOIN above USING(id) ORDER BY turn.id",
        {leaf}, [&](const Statement &row) {
            path.push_back(turnOf(row));
            return Result<>();
        }));
    TurnId copy = 0;
    for (Turn &turn : path) {
        if (turn.damaged) // a copy would be sealed as if it were right
            return Error{
                ErrorCode::Corrupt,
                format("Turn %lld before this snapshot is damaged.", static_cast<long long>(turn.id)),
                "Start from a snapshot of another turn."};
        const TurnId original = std::exchange(turn.id, 0);
        turn.conversation = to;
        turn.parent = copy == 0 ? std::nullopt : std::optional(copy);
        TRY(copy, writeRow(database, turn, turn.snapshot));
        for (const auto kind : {TurnData::Traces, TurnData::PartialTokens}) {
            TRY(const auto bytes, readTurnData(database, original, kind));
            TRY_(writeTurnData(database, copy, kind, bytes));
        }
    }
    return copy;
}

} // namespace

Result<std::vector<Turn>> Library::turns(ConversationId id) const
{
    TRY(auto transaction, m_impl->beginRead());
    TRY_(checkConversation(*m_impl->database, id));
    std::vector<Turn> found;
    TRY_(m_impl->database->forEach("SELECT " + kTurnColumns +
                                       " FROM turn WHERE conversation = ? AND hidden_by IS NULL ORDER BY id",
                                   {id}, [&](const Statement &row) {
                                       found.push_back(turnOf(row));
                                       return Result<>();
                                   }));
    return found;
}

Result<Turn> Library::turn(TurnId id) const
{
    TRY(auto transaction, m_impl->beginRead());
    std::optional<Turn> found;
    TRY_(m_impl->database->forEach("SELECT " + kTurnColumns + " FROM turn WHERE id = ?", {id},
                                   [&](const Statement &row) {
                                       found = turnOf(row);
                                       return Result<>();
                                   }));
    if (!found)
        return missing(id);
    return std::move(*found);
}

Result<std::vector<TokenTrace>> Library::traces(TurnId id) const
{
    TRY(auto transaction, m_impl->beginRead());
    TRY_(placeOf(*m_impl->database, id));
    TRY(const auto bytes, readTurnData(*m_impl->database, id, TurnData::Traces));
    return decodeTraces(bytes);
}

Result<std::vector<TokenId>> Library::partialTokens(TurnId id) const
{
    TRY(auto transaction, m_impl->beginRead());
    TRY_(placeOf(*m_impl->database, id));
    TRY(const auto bytes, readTurnData(*m_impl->database, id, TurnData::PartialTokens));
    return decodePartialTokens(bytes);
}

Result<TurnId> Library::saveTurn(const Turn &values, std::span<const TokenTrace> traces,
                                 const SnapshotImage &snapshot)
{
    const Database &database = *m_impl->database;
    if (values.status == TurnStatus::Partial)
        return Error{ErrorCode::Invalid, "A turn that is stored with its snapshot is finished or stopped.",
                     ""};
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(checkConversation(database, values.conversation));
    TRY_(checkTurn(database, values));
    TRY(const SnapshotId image, insertSnapshot(database, snapshot, ""));
    TRY(const TurnId id, writeRow(database, values, image));
    TRY_(writeTurnData(database, id, TurnData::PartialTokens, {}));
    TRY_(writeTurnData(database, id, TurnData::Traces, encodeTraces(traces)));
    TRY(const TurnPlace place, placeOf(database, id));
    if (place.hiddenBy)
        TRY_(touchConversation(database, values.conversation));
    else
        TRY_(makeCurrent(database, values.conversation, id));
    TRY_(transaction.commit());
    return id;
}

Result<ConversationId> Library::startFromSnapshot(const Conversation &values, SnapshotId id,
                                                  std::string_view read)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY(const SnapshotSummary summary, readSummary(database, id));
    TRY_(checkSnapshot(database, id));
    TRY(const ConversationId conversation, insertConversation(database, values));
    TurnId last = 0;
    if (summary.turn != 0) {
        TRY(last, copyPath(database, summary.turn, conversation));
    } else {
        Turn root;
        root.conversation = conversation;
        root.role = Role::Assistant;
        root.text = read;
        root.tokens = summary.tokens;
        root.position = summary.tokens;
        TRY_(checkTurn(database, root));
        TRY(last, writeRow(database, root, id));
        if (summary.name.empty())
            TRY_(writeMark(database, id, {.pinned = true, .deletedMs = summary.deletedMs}));
    }
    TRY_(makeCurrent(database, conversation, last));
    TRY_(transaction.commit());
    return conversation;
}

Result<ConversationId> Library::importConversation(const Conversation &values, std::span<const Turn> turns)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY(const ConversationId conversation, insertConversation(database, values));
    std::map<TurnId, TurnId> ids; // theirs to ours
    const auto idOf = [&](std::optional<TurnId> theirs) -> Result<std::optional<TurnId>> {
        if (!theirs)
            return std::optional<TurnId>();
        const auto found = ids.find(*theirs);
        if (found == ids.end())
            return missing(*theirs);
        return std::optional(found->second);
    };
    for (const Turn &given : turns) {
        Turn turn = given;
        turn.id = 0;
        turn.conversation = conversation;
        turn.status = TurnStatus::Finished;
        TRY(turn.parent, idOf(given.parent));
        TRY_(checkTurn(database, turn));
        TRY(ids[given.id], writeRow(database, turn, std::nullopt));
    }
    TRY(const auto current, idOf(values.current));
    TRY_(makeCurrent(database, conversation, current));
    TRY_(database.run("UPDATE conversation SET created_ms = coalesce(nullif(?1, 0), created_ms),"
                      " updated_ms = coalesce(nullif(?2, 0), nullif(?1, 0), updated_ms), " +
                          kUnsealConversation + " WHERE id = ?3",
                      {values.createdMs, values.updatedMs, conversation}));
    TRY_(sealConversation(database, conversation));
    TRY_(transaction.commit());
    return conversation;
}

Result<> Library::keepState(TurnId id, std::int64_t tokens, const SnapshotImage &snapshot)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(placeOf(database, id));
    TRY(const SnapshotId image, insertSnapshot(database, snapshot, ""));
    TRY_(database.run("UPDATE turn SET snapshot = ?, tokens = ?, position = ?, " + kUnsealTurn +
                          " WHERE id = ? AND snapshot IS NULL AND status <> ?",
                      {image, tokens, std::int64_t(snapshot.tokens.size()), id, int(TurnStatus::Partial)}));
    if (database.changes() == 0)
        return Error{ErrorCode::Invalid,
                     format("Turn %lld has a state already, or is unfinished.", static_cast<long long>(id)),
                     ""};
    TRY_(sealTurn(database, id));
    return transaction.commit();
}

Result<TurnId> Library::savePartialTurn(const Turn &values, std::span<const TokenId> tokens)
{
    const Database &database = *m_impl->database;
    Turn partial = values;
    partial.status = TurnStatus::Partial;
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(checkConversation(database, partial.conversation));
    TRY_(checkTurn(database, partial));
    TRY(const TurnId id, writeRow(database, partial, std::nullopt));
    TRY_(writeTurnData(database, id, TurnData::PartialTokens, encodePartialTokens(tokens)));
    TRY_(touchConversation(database, partial.conversation));
    TRY_(transaction.commit());
    return id;
}

Result<> Library::deletePartialTurn(TurnId id)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY(const TurnPlace place, placeOf(database, id));
    TRY(const std::int64_t below, database.integer("SELECT count(*) FROM turn WHERE parent = ?", {id}));
    if (place.status != TurnStatus::Partial || below > 0)
        return Error{ErrorCode::Invalid,
                     format("Turn %lld is no unfinished reply; only those can be dropped alone.",
                            static_cast<long long>(id)),
                     "Hide the turn instead."};
    TRY_(database.run("UPDATE conversation SET current_turn = ?, " + kUnsealConversation +
                          " WHERE current_turn = ?",
                      {place.parent, id}));
    auto index = IndexUpdate::ofTurn(database, id);
    TRY_(index.remove());
    TRY_(database.run("DELETE FROM turn WHERE id = ?", {id}));
    TRY_(index.repair());
    TRY_(touchConversation(database, place.conversation));
    return transaction.commit();
}

Result<> Library::hideTurn(TurnId id)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY(const TurnPlace place, placeOf(database, id));
    if (place.hiddenBy)
        return {};
    TRY_(changeHidden(database, id, std::nullopt, id));
    TRY_(database.run("UPDATE conversation SET current_turn = ?, " + kUnsealConversation +
                          " WHERE id = ? AND current_turn IN (SELECT id FROM turn WHERE hidden_by = ?)",
                      {place.parent, place.conversation, id}));
    TRY_(touchConversation(database, place.conversation));
    return transaction.commit();
}

Result<> Library::restoreTurn(TurnId id)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY(const TurnPlace place, placeOf(database, id));
    if (!place.hiddenBy)
        return {};
    if (*place.hiddenBy != id)
        return Error{ErrorCode::Invalid,
                     format("Turn %lld is hidden together with turn %lld.", static_cast<long long>(id),
                            static_cast<long long>(*place.hiddenBy)),
                     "Restore that one."};
    std::optional<TurnId> above; // what hides the parent by now hides this one, too
    if (place.parent) {
        TRY(const TurnPlace parent, placeOf(database, *place.parent));
        above = parent.hiddenBy;
    }
    TRY_(changeHidden(database, id, id, above));
    TRY_(touchConversation(database, place.conversation));
    return transaction.commit();
}

} // namespace volary
