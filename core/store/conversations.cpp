#include "core/base/text.h"
#include "core/store/clock.h"
#include "core/store/library_impl.h"
#include "core/store/seal.h"
#include "core/store/search_index.h"
#include "core/store/snapshots.h"

namespace volary {

using sqlite::Database;
using sqlite::Statement;

namespace {

constexpr std::size_t kPreviewBytes = 160;

Error missing(ConversationId id)
{
    return {ErrorCode::NotFound,
            format("There is no conversation %lld in this library.", static_cast<long long>(id)), ""};
}

Result<> checkText(std::string_view text, const char *what)
{
    if (isValidUtf8(text))
        return {};
    return Error{ErrorCode::Invalid, format("The %s is not valid UTF-8 text.", what), ""};
}

// The newest visible turn stands for the conversation in lists; what does not match its seal is not shown
// there.
const std::string kSelect =
    "SELECT conversation.seal = " + kConversationSeal +
    ", conversation.id, conversation.title, conversation.created_ms, conversation.updated_ms, "
    "conversation.deleted_ms,"
    " conversation.model_fingerprint, conversation.model_name, conversation.chat_format, "
    "conversation.settings,"
    " conversation.current_turn,"
    " (SELECT count(*) FROM turn WHERE turn.conversation = conversation.id AND turn.hidden_by IS NULL),"
    " turn.seal = " +
    kTurnSeal +
    ", substr(turn.text, 1, 400)"
    " FROM conversation LEFT JOIN turn ON turn.id = (SELECT max(t.id) FROM turn t"
    " WHERE t.conversation = conversation.id AND t.hidden_by IS NULL)";

Conversation conversationOf(const Statement &row)
{
    Conversation conversation;
    conversation.damaged = row.integer(0) != 1;
    conversation.id = row.integer(1);
    conversation.title = row.text(2);
    conversation.createdMs = row.integer(3);
    conversation.updatedMs = row.integer(4);
    conversation.deletedMs = row.optionalInteger(5);
    conversation.modelFingerprint = row.text(6);
    conversation.modelName = row.text(7);
    conversation.chatFormat = row.text(8);
    conversation.settingsJson = row.text(9);
    conversation.current = row.optionalInteger(10);
    conversation.turns = row.integer(11);
    if (row.integer(12) == 1)
        conversation.preview = previewOf(row.text(13));
    return conversation;
}

// An UPDATE of one conversation with the columns in `assignments`; the first parameters are theirs.
Result<> update(const Database &database, ConversationId id, const std::string &assignments,
                sqlite::Values values)
{
    TRY_(database.run("UPDATE conversation SET " + assignments + ", " + kUnsealConversation + " WHERE id = ?",
                      values));
    if (database.changes() == 0)
        return missing(id);
    return sealConversation(database, id);
}

// Snapshots of the conversation's turns. One that the user gave a name or pinned outlives its conversation.
Result<std::vector<SnapshotId>> ownSnapshots(const Database &database, ConversationId id)
{
    std::vector<SnapshotId> snapshots;
    TRY_(database.forEach(
        "SELECT DISTINCT snapshot.id FROM turn JOIN snapshot ON snapshot.id = turn.snapshot"
        " WHERE turn.conversation = ?1 AND snapshot.name = '' AND NOT EXISTS("
        "SELECT 1 FROM snapshot_mark m WHERE m.snapshot = snapshot.id AND m.pinned) AND NOT EXISTS("
        "SELECT 1 FROM turn other WHERE other.snapshot = snapshot.id AND other.conversation <> ?1)"
        " AND NOT EXISTS(SELECT 1 FROM reading WHERE reading.snapshot = snapshot.id)"
        " AND NOT EXISTS(SELECT 1 FROM chapter_state c WHERE c.snapshot = snapshot.id)",
        {id}, [&](const Statement &row) {
            snapshots.push_back(row.integer(0));
            return Result<>();
        }));
    return snapshots;
}

Result<> removeFromIndex(const Database &database, ConversationId id)
{
    std::vector<TurnId> turns;
    TRY_(database.forEach("SELECT id FROM turn WHERE conversation = ?", {id}, [&](const Statement &row) {
        turns.push_back(row.integer(0));
        return Result<>();
    }));
    for (const TurnId turn : turns)
        TRY_(IndexUpdate::ofTurn(database, turn).remove());
    return IndexUpdate::ofTitle(database, id).remove();
}

Result<> removeConversation(const Database &database, ConversationId id)
{
    TRY(const std::vector<SnapshotId> snapshots, ownSnapshots(database, id));
    TRY_(removeFromIndex(database, id));
    TRY_(database.run("UPDATE conversation SET current_turn = NULL WHERE id = ?", {id}));
    TRY_(database.run("DELETE FROM turn WHERE conversation = ?", {id}));
    TRY_(database.run("DELETE FROM conversation WHERE id = ?", {id}));
    if (database.changes() == 0)
        return missing(id);
    for (const SnapshotId snapshot : snapshots)
        TRY_(removeSnapshot(database, snapshot));
    TRY_(removeUnusedModels(database));
    return compactIndex(database);
}

// Gives the space of deleted rows back. What cannot be done now happens at the next occasion.
void shrinkFile(const Database &database)
{
    static_cast<void>(database.run("PRAGMA incremental_vacuum"));
    static_cast<void>(database.run("PRAGMA wal_checkpoint(TRUNCATE)"));
}

} // namespace

std::string previewOf(std::string_view text)
{
    std::string preview;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        const bool startsCharacter = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        if (preview.size() >= kPreviewBytes && startsCharacter)
            break;
        if (!blank)
            preview += c;
        else if (!preview.empty() && preview.back() != ' ')
            preview += ' ';
    }
    return preview;
}

Result<> touchConversation(const Database &database, ConversationId id)
{
    return update(database, id,
                  "change = (SELECT coalesce(max(change), 0) + 1 FROM conversation), updated_ms = ?",
                  {nowMs(), id});
}

Result<std::vector<Conversation>> conversationsAbout(const Database &database, DocumentId id)
{
    std::vector<Conversation> found;
    TRY_(database.forEach(kSelect +
                              " JOIN document_question ON document_question.conversation = conversation.id"
                              " WHERE document_question.document = ? AND conversation.deleted_ms IS NULL"
                              " ORDER BY conversation.id DESC",
                          {id}, [&](const Statement &row) {
                              found.push_back(conversationOf(row));
                              return Result<>();
                          }));
    return found;
}

Result<std::vector<Conversation>> Library::conversations(Which which) const
{
    std::vector<Conversation> found;
    const std::string where = which == Which::Kept ? " WHERE conversation.deleted_ms IS NULL"
                                                   : " WHERE conversation.deleted_ms IS NOT NULL";
    TRY_(m_impl->database->forEach(kSelect + where +
                                       " ORDER BY conversation.change DESC, conversation.id DESC",
                                   {}, [&](const Statement &row) {
                                       found.push_back(conversationOf(row));
                                       return Result<>();
                                   }));
    return found;
}

Result<Conversation> Library::conversation(ConversationId id) const
{
    Conversation conversation;
    TRY(const std::int64_t found,
        m_impl->database->forEach(kSelect + " WHERE conversation.id = ?", {id}, [&](const Statement &row) {
            conversation = conversationOf(row);
            return Result<>();
        }));
    if (found == 0)
        return missing(id);
    return conversation;
}

Result<ConversationId> insertConversation(const Database &database, const Conversation &values)
{
    TRY_(checkText(values.title, "title"));
    TRY_(database.run(
        "INSERT INTO conversation(change, created_ms, updated_ms, seal, model_fingerprint, model_name,"
        " chat_format, title, settings)"
        " VALUES((SELECT coalesce(max(change), 0) + 1 FROM conversation), ?1, ?1, x'', ?2, ?3, ?4, ?5, ?6)",
        {nowMs(), values.modelFingerprint, values.modelName, values.chatFormat, values.title,
         values.settingsJson}));
    const ConversationId id = database.lastInsertId();
    TRY_(sealConversation(database, id));
    TRY_(IndexUpdate::ofTitle(database, id).add());
    return id;
}

Result<ConversationId> Library::createConversation(const Conversation &values)
{
    TRY(auto transaction, m_impl->beginWrite());
    TRY(const ConversationId id, insertConversation(*m_impl->database, values));
    TRY_(transaction.commit());
    return id;
}

Result<> Library::renameConversation(ConversationId id, std::string_view title)
{
    const Database &database = *m_impl->database;
    TRY_(checkText(title, "title"));
    TRY(auto transaction, m_impl->beginWrite());
    auto index = IndexUpdate::ofTitle(database, id);
    TRY_(index.remove());
    TRY_(update(database, id, "title = ?", {title, id}));
    TRY_(index.add());
    TRY_(touchConversation(database, id));
    return transaction.commit();
}

Result<> Library::setConversationSettings(ConversationId id, std::string_view chatFormat,
                                          std::string_view settingsJson)
{
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(update(*m_impl->database, id, "chat_format = ?, settings = ?", {chatFormat, settingsJson, id}));
    return transaction.commit();
}

Result<> Library::setCurrentTurn(ConversationId id, std::optional<TurnId> leaf)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    if (leaf) {
        TRY(const std::int64_t own,
            database.integer(
                "SELECT count(*) FROM turn WHERE id = ? AND conversation = ? AND hidden_by IS NULL",
                {*leaf, id}));
        if (own == 0)
            return Error{ErrorCode::NotFound,
                         format("Turn %lld is not in conversation %lld, or was deleted.",
                                static_cast<long long>(*leaf), static_cast<long long>(id)),
                         ""};
    }
    TRY_(update(database, id, "current_turn = ?", {leaf, id}));
    return transaction.commit();
}

Result<> Library::moveToTrash(ConversationId id)
{
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(update(*m_impl->database, id, "deleted_ms = coalesce(deleted_ms, ?)", {nowMs(), id}));
    TRY_(touchConversation(*m_impl->database, id));
    return transaction.commit();
}

Result<> Library::restoreFromTrash(ConversationId id)
{
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(update(*m_impl->database, id, "deleted_ms = NULL", {id}));
    return transaction.commit();
}

Result<> Library::deleteForGood(ConversationId id)
{
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(removeConversation(*m_impl->database, id));
    TRY_(transaction.commit());
    shrinkFile(*m_impl->database);
    return {};
}

} // namespace volary
