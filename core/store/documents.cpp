// Documents as rows: the text, its sections, and lists.
#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/store/clock.h"
#include "core/store/library_impl.h"
#include "core/store/readings.h"
#include "core/store/seal.h"

#include <algorithm>

namespace volary {

using sqlite::Bytes;
using sqlite::Database;
using sqlite::Statement;

namespace {

Error damaged(DocumentId id, const char *what)
{
    return {
        ErrorCode::Corrupt,
        format("Document %lld is damaged: its %s does not match its hash.", static_cast<long long>(id), what),
        "Delete it and add the file again."};
}

const std::string kSelect =
    "SELECT document.seal = " + kDocumentSeal +
    ", document.id, document.title, document.source, document.format, document.notice,"
    " document.sha256, document.bytes, document.created_ms FROM document";

StoredDocument documentOf(const Statement &row)
{
    StoredDocument document;
    document.damaged = row.integer(0) != 1;
    document.id = row.integer(1);
    document.title = row.text(2);
    document.source = row.text(3);
    document.format = row.text(4);
    document.notice = row.text(5);
    Digest digest{};
    const Bytes stored = row.blob(6);
    std::ranges::copy(stored.first(std::min(stored.size(), digest.size())),
                      std::as_writable_bytes(std::span(digest)).begin());
    document.sha256 = toHex(digest);
    document.bytes = row.integer(7);
    document.createdMs = row.integer(8);
    return document;
}

Result<> checkUtf8(const Document &document, std::string_view source)
{
    if (isValidUtf8(document.text) && isValidUtf8(document.title) && isValidUtf8(source))
        return {};
    return Error{ErrorCode::Invalid, "The text of a document must be valid UTF-8.", ""};
}

Result<> insertSections(const Database &database, DocumentId id, const std::vector<Section> &sections)
{
    for (std::size_t i = 0; i < sections.size(); ++i)
        TRY_(database.run("INSERT INTO document_section(document, seq, level, begin_at, end_at, seal, title)"
                          " VALUES(?, ?, ?, ?, ?, x'', ?)",
                          {id, std::int64_t(i), sections[i].level, std::int64_t(sections[i].begin),
                           std::int64_t(sections[i].end), sections[i].title}));
    return database.run("UPDATE document_section SET seal = " + kSectionSeal + " WHERE document = ?", {id});
}

Result<> sealDocument(const Database &database, DocumentId id)
{
    return database.run("UPDATE document SET seal = " + kDocumentSeal + " WHERE id = ?", {id});
}

} // namespace

Error missingDocument(DocumentId id)
{
    return {ErrorCode::NotFound,
            format("There is no document %lld in this library.", static_cast<long long>(id)), ""};
}

Result<std::vector<StoredDocument>> Library::documents() const
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginRead());
    std::vector<StoredDocument> found;
    TRY_(database.forEach(kSelect + " ORDER BY id DESC", {}, [&](const Statement &row) {
        found.push_back(documentOf(row));
        return Result<>();
    }));
    for (StoredDocument &document : found) {
        TRY(document.readings, readingsOf(database, document.id));
    }
    return found;
}

Result<StoredDocument> Library::document(DocumentId id) const
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginRead());
    std::optional<StoredDocument> found;
    TRY_(database.forEach(kSelect + " WHERE id = ?", {id}, [&](const Statement &row) {
        found = documentOf(row);
        return Result<>();
    }));
    if (!found)
        return missingDocument(id);
    TRY(found->readings, readingsOf(database, id));
    return std::move(*found);
}

Result<std::string> Library::documentText(DocumentId id) const
{
    std::string text;
    bool intact = false;
    TRY(const std::int64_t found,
        m_impl->database->forEach(
            "SELECT document.sha256, document_text.text FROM document JOIN document_text"
            " ON document_text.document = document.id WHERE document.id = ?",
            {id}, [&](const Statement &row) {
                const Digest digest = sha256(row.blob(1));
                intact = std::ranges::equal(std::as_bytes(std::span(digest)), row.blob(0));
                text = row.text(1);
                return Result<>();
            }));
    if (found == 0)
        return missingDocument(id);
    if (!intact)
        return damaged(id, "text");
    return text;
}

Result<std::vector<Section>> Library::documentSections(DocumentId id) const
{
    TRY(const StoredDocument document, this->document(id));
    std::vector<Section> sections;
    std::uint64_t at = 0;
    bool sound = true;
    TRY_(m_impl->database->forEach("SELECT seal = " + kSectionSeal +
                                       ", title, level, begin_at, end_at FROM document_section"
                                       " WHERE document = ? ORDER BY seq",
                                   {id}, [&](const Statement &row) {
                                       const auto begin = std::uint64_t(row.integer(3)),
                                                  end = std::uint64_t(row.integer(4));
                                       sound = sound && row.integer(0) == 1 && begin == at && end > begin;
                                       sections.push_back({row.text(1), int(row.integer(2)), begin, end});
                                       at = end;
                                       return Result<>();
                                   }));
    if (!sound || at != std::uint64_t(document.bytes))
        return damaged(id, "list of sections");
    return sections;
}

Result<DocumentId> Library::addDocument(const Document &document, std::string_view source)
{
    const Database &database = *m_impl->database;
    TRY_(checkUtf8(document, source));
    const Digest digest = sha256(std::as_bytes(std::span(document.text)));
    const Bytes hash = std::as_bytes(std::span(digest));
    TRY(auto transaction, m_impl->beginWrite());
    std::optional<DocumentId> there;
    TRY_(database.forEach("SELECT id FROM document WHERE sha256 = ?", {hash}, [&](const Statement &row) {
        there = row.integer(0);
        return Result<>();
    }));
    if (there)
        return *there;
    TRY_(database.run("INSERT INTO document(created_ms, bytes, sha256, seal, format, source, title, notice)"
                      " VALUES(?, ?, ?, x'', ?, ?, ?, ?)",
                      {nowMs(), std::int64_t(document.text.size()), hash, name(document.format), source,
                       document.title, document.notice}));
    const DocumentId id = database.lastInsertId();
    TRY_(sealDocument(database, id));
    TRY_(database.run("INSERT INTO document_text(document, text) VALUES(?, ?)", {id, document.text}));
    TRY_(insertSections(database, id, document.sections));
    TRY_(transaction.commit());
    return id;
}

Result<> Library::renameDocument(DocumentId id, std::string_view title)
{
    const Database &database = *m_impl->database;
    if (!isValidUtf8(title))
        return Error{ErrorCode::Invalid, "The title is not valid UTF-8 text.", ""};
    TRY(const StoredDocument before, document(id));
    if (before.damaged) // a new seal would declare the damage to be right
        return damaged(id, "description");
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(database.run("UPDATE document SET title = ? WHERE id = ?", {title, id}));
    TRY_(sealDocument(database, id));
    return transaction.commit();
}

Result<> Library::deleteDocument(DocumentId id)
{
    const Database &database = *m_impl->database;
    TRY(auto transaction, m_impl->beginWrite());
    TRY(const auto readings, readingsOf(database, id));
    for (const Reading &reading : readings)
        TRY_(removeReading(database, reading.id));
    TRY_(database.run("DELETE FROM document WHERE id = ?", {id})); // takes its text and sections along
    if (database.changes() == 0)
        return missingDocument(id);
    TRY_(transaction.commit());
    static_cast<void>(database.run("PRAGMA incremental_vacuum")); // else at the next occasion
    return {};
}

Result<> Library::noteQuestion(DocumentId id, ConversationId conversation)
{
    TRY(auto transaction, m_impl->beginWrite());
    TRY_(m_impl->database->run("INSERT INTO document_question(document, conversation) VALUES(?, ?)"
                               " ON CONFLICT DO NOTHING",
                               {id, conversation}));
    return transaction.commit();
}

Result<std::vector<Conversation>> Library::questions(DocumentId id) const
{
    return conversationsAbout(*m_impl->database, id);
}

} // namespace volary
