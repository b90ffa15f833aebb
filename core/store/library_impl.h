// What the parts of the library share: the connection, and the lock that makes it the only writer.
#pragma once

#include "core/store/library.h"
#include "core/store/lock_file.h"
#include "core/store/sqlite.h"

#include <optional>

namespace volary {

struct Library::Impl {
    std::optional<LockFile> lock; // first, so that it is released last
    std::filesystem::path path;
    std::string notice;
    std::unique_ptr<sqlite::Database> database;

    bool readOnly() const { return !lock; }
    Result<sqlite::Transaction> beginRead() const
    {
        return sqlite::Transaction::begin(*database, sqlite::Transaction::Kind::Read);
    }
    Result<sqlite::Transaction> beginWrite() const
    {
        if (readOnly())
            return Error{ErrorCode::Io,
                         "The library is open for reading only; nothing can be stored in it now.",
                         "Close the other window of Volary that has it open, and start this one again."};
        return sqlite::Transaction::begin(*database, sqlite::Transaction::Kind::Write);
    }
};

enum class Versions : std::uint8_t {
    Current,
    Older, // also: their tables are then not compared with what they should be
};

// A connection to a library that only reads, with all checks that its opening makes.
Result<std::unique_ptr<sqlite::Database>> openForReading(const std::filesystem::path &path,
                                                         Versions versions);

// A new row, as Library::createConversation describes it.
Result<ConversationId> insertConversation(const sqlite::Database &database, const Conversation &values);

// The beginning of a text in one line, at most 160 bytes and a character.
std::string previewOf(std::string_view text);

// Notes that a conversation changed: it becomes the newest, and its seal is made anew.
Result<> touchConversation(const sqlite::Database &database, ConversationId id);

// Kept conversations that began with a document, the newest first.
Result<std::vector<Conversation>> conversationsAbout(const sqlite::Database &database, DocumentId id);

} // namespace volary
