#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/store/library_impl.h"
#include "core/store/seal.h"
#include "core/store/search_index.h"
#include "core/store/snapshots.h"

#include <algorithm>

namespace volary {

using sqlite::Database;
using sqlite::Statement;

namespace {

// Reads everything once and collects what is wrong. A step that cannot go on because of damage is noted, and
// the next one runs.
class Inspection {
public:
    Inspection(const Database &database, const std::function<bool()> &keepGoing)
        : m_database(database), m_keepGoing(keepGoing)
    {}

    // `maySearch`: the index can only be checked over a connection that may write.
    Result<> run(bool maySearch)
    {
        TRY_(note(checkPages()));
        TRY_(note(checkReferences()));
        TRY_(note(checkConversations()));
        TRY_(note(checkTurns()));
        TRY_(note(checkTurnData()));
        TRY_(note(checkDocuments()));
        TRY_(note(checkSnapshots()));
        TRY_(note(checkSnapshotMarks()));
        TRY_(note(checkChunks()));
        if (maySearch)
            if (const auto index = checkIndex(m_database); !index) {
                if (index.error().code != ErrorCode::Corrupt)
                    return index.error();
                add("The search index is damaged. It holds no text of its own and is made anew when needed.");
            }
        return {};
    }

    std::vector<Library::Damage> takeDamage() { return std::move(m_damage); }

private:
    void add(std::string what) { m_damage.push_back({std::move(what)}); }

    Result<> note(Result<> outcome)
    {
        if (outcome)
            return {};
        const ErrorCode code = outcome.error().code;
        if (code != ErrorCode::Corrupt && code != ErrorCode::Unsupported)
            return outcome; // cancelled, no memory, a disk that fails: this is no statement about the library
        add(outcome.error().what);
        return {};
    }

    Result<> goOn() const
    {
        if (m_keepGoing && !m_keepGoing())
            return Error{ErrorCode::Cancelled, "Checking the library was cancelled.", ""};
        return {};
    }

    Result<> checkPages()
    {
        TRY_(m_database.forEach("PRAGMA integrity_check(100)", {}, [&](const Statement &row) {
            if (const std::string finding = row.text(0); finding != "ok")
                add("The file's structure is damaged: " + printable(finding, 400));
            return Result<>();
        }));
        return {};
    }

    Result<> checkReferences()
    {
        TRY_(m_database.forEach("PRAGMA foreign_key_check", {}, [&](const Statement &row) {
            add(format("Row %lld of table %s refers to a row of %s that is not there.",
                       static_cast<long long>(row.integer(1)), printable(row.text(0)).c_str(),
                       printable(row.text(2)).c_str()));
            return Result<>();
        }));
        return {};
    }

    Result<> checkConversations()
    {
        TRY_(m_database.forEach(
            "SELECT id, title FROM conversation WHERE seal IS NOT " + kConversationSeal, {},
            [&](const Statement &row) {
                add(format("Conversation %lld (“%s”): its title or settings do not match their"
                           " hash.",
                           static_cast<long long>(row.integer(0)), printable(row.text(1)).c_str()));
                return Result<>();
            }));
        return {};
    }

    Result<> checkTurns()
    {
        TRY_(m_database.forEach("SELECT turn.id, conversation.title FROM turn LEFT JOIN conversation"
                                " ON conversation.id = turn.conversation WHERE turn.seal IS NOT " +
                                    kTurnSeal,
                                {}, [&](const Statement &row) {
                                    add(format("Turn %lld of “%s”: its text does not match its hash.",
                                               static_cast<long long>(row.integer(0)),
                                               printable(row.text(1)).c_str()));
                                    return Result<>();
                                }));
        return {};
    }

    Result<> checkTurnData()
    {
        TRY_(m_database.forEach(
            "SELECT turn_data.turn, conversation.title FROM turn_data"
            " LEFT JOIN turn ON turn.id = turn_data.turn"
            " LEFT JOIN conversation ON conversation.id = turn.conversation"
            " WHERE turn_data.seal IS NOT " +
                kTurnDataSeal,
            {}, [&](const Statement &row) {
                add(format("Turn %lld of “%s”: its stored probabilities or tokens do not match"
                           " their hash.",
                           static_cast<long long>(row.integer(0)), printable(row.text(1)).c_str()));
                return Result<>();
            }));
        return {};
    }

    // A document with its readings, sections and summaries counts as one thing; its text has a hash of its
    // own.
    Result<> checkDocuments()
    {
        TRY_(m_database.forEach(
            "SELECT document.id, document.title, document.seal IS NOT " + kDocumentSeal +
                " OR EXISTS(SELECT 1 FROM document_section WHERE document_section.document = document.id"
                " AND document_section.seal IS NOT " +
                kSectionSeal +
                ") OR EXISTS(SELECT 1 FROM reading WHERE reading.document = document.id"
                " AND (reading.seal IS NOT " +
                kReadingSeal +
                " OR EXISTS(SELECT 1 FROM summary WHERE summary.reading = reading.id"
                " AND summary.seal IS NOT " +
                kSummarySeal +
                "))), document.sha256, document_text.text FROM document LEFT JOIN document_text"
                " ON document_text.document = document.id",
            {}, [&](const Statement &row) {
                const std::string what =
                    format("Document %lld (“%s”): ", static_cast<long long>(row.integer(0)),
                           printable(row.text(1)).c_str());
                if (row.integer(2) != 0)
                    add(what + "its description, sections or summaries do not match their hash.");
                const Digest digest = sha256(row.blob(4));
                if (!std::ranges::equal(std::as_bytes(std::span(digest)), row.blob(3)))
                    add(what + "its text does not match its hash.");
                return goOn();
            }));
        return {};
    }

    Result<> checkSnapshots()
    {
        std::vector<SnapshotId> ids;
        TRY_(m_database.forEach("SELECT id FROM snapshot", {}, [&](const Statement &row) {
            ids.push_back(row.integer(0));
            return Result<>();
        }));
        for (const SnapshotId id : ids) {
            TRY_(goOn());
            TRY_(note(checkSnapshot(m_database, id)));
        }
        return {};
    }

    Result<> checkSnapshotMarks()
    {
        TRY_(m_database.forEach("SELECT snapshot FROM snapshot_mark WHERE seal IS NOT " + kSnapshotMarkSeal,
                                {}, [&](const Statement &row) {
                                    add(format("Snapshot %lld: whether it is pinned or thrown away does not"
                                               " match its hash.",
                                               static_cast<long long>(row.integer(0))));
                                    return Result<>();
                                }));
        return {};
    }

    Result<> checkChunks()
    {
        std::vector<std::int64_t> wrong;
        TRY_(m_database.forEach("SELECT id, sha256, bytes FROM chunk", {},
                                [&](const Statement &row) -> Result<> {
                                    const Digest digest = sha256(row.blob(2));
                                    if (!std::ranges::equal(std::as_bytes(std::span(digest)), row.blob(1)))
                                        wrong.push_back(row.integer(0));
                                    return goOn();
                                }));
        for (const std::int64_t chunk : wrong)
            TRY_(nameChunk(chunk));
        return {};
    }

    // Says which snapshots a damaged chunk belongs to.
    Result<> nameChunk(std::int64_t chunk)
    {
        std::vector<SnapshotId> holders;
        TRY_(m_database.forEach("SELECT DISTINCT snapshot FROM snapshot_chunk WHERE chunk = ?", {chunk},
                                [&](const Statement &row) {
                                    holders.push_back(row.integer(0));
                                    return Result<>();
                                }));
        for (const SnapshotId holder : holders)
            add(describeSnapshot(m_database, holder) +
                ": a part of its state or tokens does not match its hash.");
        if (holders.empty())
            add("A stored part that no snapshot uses does not match its hash.");
        return {};
    }

    const Database &m_database;
    const std::function<bool()> &m_keepGoing;
    std::vector<Library::Damage> m_damage;
};

// Lets SQLite's own long checks be cancelled, too.
class Asking {
public:
    Asking(Database &database, const std::function<bool()> &keepGoing) : m_database(database)
    {
        if (keepGoing)
            m_database.setKeepGoing(&keepGoing);
    }
    ~Asking() { m_database.setKeepGoing(nullptr); }
    Asking(const Asking &) = delete;
    Asking &operator=(const Asking &) = delete;

private:
    Database &m_database;
};

} // namespace

Result<std::vector<Library::Damage>> Library::verify(const std::function<bool()> &keepGoing) const
{
    const Asking asking(*m_impl->database, keepGoing);
    Inspection inspection(*m_impl->database, keepGoing);
    TRY_(inspection.run(!m_impl->readOnly()));
    return inspection.takeDamage();
}

} // namespace volary
