// The library: one SQLite file with every conversation and every snapshot.
//
// The promises (ARCHITECTURE.md, "The oath"): what a call has acknowledged survives kill -9; a full disk or a
// damaged page loses nothing that was stored before; every blob is checked against its hash when it is read;
// a second process never writes to a library that another has open.
#pragma once

#include "core/base/result.h"
#include "core/session/reply.h"
#include "core/session/snapshot_image.h"
#include "core/store/document_records.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

using ConversationId = std::int64_t;
using TurnId = std::int64_t;
using SnapshotId = std::int64_t;

enum class Role : std::uint8_t { User, Assistant };
enum class TurnStatus : std::uint8_t {
    Partial,  // a reply that was being written; after a crash this is what is left of it
    Finished, // complete, with its snapshot
    Stopped,  // ended by the user or by the length limit, with its snapshot; can be continued
};

struct Turn {
    TurnId id = 0;
    ConversationId conversation = 0;
    std::optional<TurnId> parent; // nothing for a first turn
    Role role = Role::User;
    TurnStatus status = TurnStatus::Finished;
    std::string text;                   // UTF-8, as shown
    std::int64_t createdMs = 0;         // Unix time; order comes from ids, never from time
    std::optional<SnapshotId> snapshot; // the state at the end of this turn
    std::int64_t tokens = 0;            // of this turn
    std::int64_t position = 0;          // tokens of the whole path up to the end of this turn
    std::string statsJson;              // tokens per second and the like, for people
    bool damaged = false; // read only: what was stored does not match its hash any more; shown as it is
};

struct Conversation {
    ConversationId id = 0;
    std::string title;
    std::int64_t createdMs = 0;
    std::int64_t updatedMs = 0;
    std::optional<std::int64_t> deletedMs; // in the trash since
    std::string modelFingerprint;
    std::string modelName;
    std::string chatFormat;
    std::string settingsJson;      // sampler and generation settings chosen for this conversation
    std::optional<TurnId> current; // the leaf of the path that was shown last
    std::int64_t turns = 0;
    std::string preview;  // first words of the last turn
    bool damaged = false; // read only: what was stored does not match its hash any more; shown as it is
};

struct SearchHit {
    ConversationId conversation = 0;
    TurnId turn = 0; // 0: the hit is in the title
    std::string title;
    std::string excerpt; // plain text around the hit; the hit between U+E000 and U+E001
};

struct SnapshotSummary {
    SnapshotId id = 0;
    ModelIdentity model;
    std::int64_t tokens = 0;
    std::int64_t stateBytes = 0; // as it is stored
    StateForm form = StateForm::Exact;
    double formError = 0; // StoredForm::error
    std::int64_t createdMs = 0;
    std::string name; // given by the user, else empty
    bool pinned = false;
    std::optional<std::int64_t> deletedMs; // in the trash since
    // The turn it is the state of: the first one, where several share it; 0 for a snapshot of its own.
    TurnId turn = 0;
    ConversationId conversation = 0;
    bool ofDocument = false; // where a document was read to, or the end of one of its chapters
    std::string title;       // of the conversation or document
    std::string excerpt;     // first words of the turn
    bool inTrash = false; // in the trash itself, or its conversation or turn is and no name or pin keeps it
    bool damaged = false; // this description does not match its hash; loading will be refused
};

// What is about to be read, and with what.
struct PrefixQuery {
    ModelIdentity model;   // all but the name must agree, so that going on gives the same bits
    std::string beginning; // SnapshotImage::beginning
    std::span<const TokenId> tokens;
    std::int64_t longerThan = 0; // tokens that need not be read anyway
};

struct LibraryInfo {
    std::filesystem::path path;
    bool readOnly = false;
    std::string
        notice; // for the user: upgraded from version 1, recovered after a crash, read-only because ...
    std::int64_t bytes = 0; // of the file
    std::int64_t conversations = 0;
    std::int64_t snapshots = 0;
};

enum class OpenMode : std::uint8_t { ReadWrite, ReadOnly };

// Owned by one thread (the store thread). Every writing call is one transaction: it is on disk when it
// returns, or has changed nothing.
class Library {
public:
    // Creates the file when it is missing, upgrades older schemas after making a copy
    // (<path>.v<version>-backup), refuses newer ones (Unsupported). Fails with ErrorCode::Busy when another
    // process, or this one, has it open for writing: then opening ReadOnly still works. A file that is
    // refused is not touched. ReadOnly never creates or upgrades.
    static Result<std::unique_ptr<Library>> open(const std::filesystem::path &path,
                                                 OpenMode mode = OpenMode::ReadWrite);
    ~Library();
    Library(const Library &) = delete;
    Library &operator=(const Library &) = delete;

    Result<LibraryInfo> info() const;

    // Conversations, newest change first (a turn, a title, the trash; not settings or the path that is
    // shown); those in the trash only when asked for.
    enum class Which : std::uint8_t { Kept, Trash };
    Result<std::vector<Conversation>> conversations(Which which = Which::Kept) const;
    Result<Conversation> conversation(ConversationId id) const;
    Result<ConversationId> createConversation(const Conversation &values); // id, times and counts are ignored
    Result<> renameConversation(ConversationId id, std::string_view title);
    Result<> setConversationSettings(ConversationId id, std::string_view chatFormat,
                                     std::string_view settingsJson);
    Result<> setCurrentTurn(ConversationId id, std::optional<TurnId> leaf);
    Result<> moveToTrash(ConversationId id);
    Result<> restoreFromTrash(ConversationId id);
    // With its snapshots, except those that the user named or pinned, or another turn refers to. Its words
    // leave the file, too.
    Result<> deleteForGood(ConversationId id);

    // A new conversation that goes on from a snapshot: with copies of the turns that led to it, or, where no
    // turn did, with one turn of the text `read`, which stands for what the snapshot has read. Refuses
    // damaged ones. A snapshot of its own is pinned unless it has a name: it must outlive the conversation.
    Result<ConversationId> startFromSnapshot(const Conversation &values, SnapshotId id,
                                             std::string_view read);

    // A conversation that was held elsewhere, as text: its turns have no snapshots. Parents stand before
    // their children; the ids in `turns`, and `current`, count only among themselves. Times of 0 mean now.
    Result<ConversationId> importConversation(const Conversation &values, std::span<const Turn> turns);
    // Gives a finished turn that has none its state, with the tokens of the turn and of the path up to it.
    Result<> keepState(TurnId id, std::int64_t tokens, const SnapshotImage &snapshot);

    // Every visible turn of the tree, in the order of ids (parents before children).
    Result<std::vector<Turn>> turns(ConversationId id) const;
    Result<Turn> turn(TurnId id) const;                      // hidden ones too
    Result<std::vector<TokenTrace>> traces(TurnId id) const; // empty for user turns
    // All tokens of a partial reply so far (after the prompt's); for finished turns they are in the snapshot.
    Result<std::vector<TokenId>> partialTokens(TurnId id) const;

    // Stores a finished turn and its snapshot in one transaction; sets the conversation's current turn.
    // `values.id` is 0, or names the partial turn that this finishes; `values.snapshot` is ignored,
    // `createdMs` 0 means now. A turn below a hidden one is hidden with it, and then does not become current.
    Result<TurnId> saveTurn(const Turn &values, std::span<const TokenTrace> traces,
                            const SnapshotImage &snapshot);
    // A reply that is being written: stores it (id 0: new) so that a crash loses at most what came after.
    Result<TurnId> savePartialTurn(const Turn &values, std::span<const TokenId> tokens);
    Result<> deletePartialTurn(TurnId id);
    // Hides a turn and everything below it; undone by restoreTurn of the same turn, which leaves hidden what
    // was hidden before on its own. If the current turn is among them, the parent becomes current. Snapshots
    // stay until the conversation is deleted.
    Result<> hideTurn(TurnId id);
    Result<> restoreTurn(TurnId id);

    // Full-text search over turns and titles of kept conversations, titles first, then the newest turns;
    // every word must occur, the last one as a prefix. Case and diacritics do not matter; any part of
    // Chinese, Japanese or Korean text is found.
    Result<std::vector<SearchHit>> search(std::string_view words, int limit = 100) const;

    // Stores a snapshot without a conversation, as the command line does. snapshots() lists all, those of
    // turns included, in the order of ids.
    Result<SnapshotId> saveSnapshot(const SnapshotImage &image, std::string_view name);
    Result<std::shared_ptr<const SnapshotImage>> loadSnapshot(SnapshotId id) const; // every hash is checked
    // The stored state that has read the most of these tokens from the first on; null where there is none.
    Result<std::shared_ptr<const SnapshotImage>> longestPrefix(const PrefixQuery &query) const;
    Result<SnapshotSummary> snapshot(SnapshotId id) const;
    Result<std::vector<SnapshotSummary>> snapshots() const;
    // Those of a model that have a name and are not in the trash, in the order of names.
    Result<std::vector<SnapshotSummary>> namedSnapshots(std::string_view modelFingerprint) const;
    Result<> nameSnapshot(SnapshotId id, std::string_view name);
    // Stores an exact state in a smaller form from now on; the exact numbers are gone then. Refused where the
    // state was rounded before, or does not fit the form (see roundedTo).
    Result<> roundSnapshot(SnapshotId id, StateForm form);
    Result<> pinSnapshot(SnapshotId id, bool pinned);
    // Both are refused while a turn or a document refers to it: then it goes with that.
    Result<> moveSnapshotToTrash(SnapshotId id);
    Result<> deleteSnapshot(SnapshotId id);
    Result<> restoreSnapshotFromTrash(SnapshotId id);

    // Documents, the newest first. The same text is kept once: adding it again gives the document that is
    // there.
    Result<std::vector<StoredDocument>> documents() const;
    Result<StoredDocument> document(DocumentId id) const;
    Result<std::string> documentText(DocumentId id) const; // its hash is checked
    Result<std::vector<Section>> documentSections(DocumentId id) const;
    Result<DocumentId> addDocument(const Document &document, std::string_view source);
    Result<> renameDocument(DocumentId id, std::string_view title);
    // With its readings, their snapshots and summaries. The conversations about it stay.
    Result<> deleteDocument(DocumentId id);
    // Notes how far the model of `image` has read: image.tokens of `tokens`. The state takes the place of the
    // one before; `chapter` also keeps it as the state at the end of that chapter.
    Result<Reading> saveReading(DocumentId id, const SnapshotImage &image, std::int64_t tokens,
                                std::optional<int> chapter = {});
    Result<> forgetReading(ReadingId id); // with what belongs to it
    // The state at the end of a chapter; nothing when none was kept.
    Result<std::optional<SnapshotId>> chapterSnapshot(ReadingId id, int chapter) const;
    Result<std::vector<Summary>> summaries(DocumentId id) const; // by reading, then by chapter
    Result<> saveSummary(const Summary &values);                 // in place of the one before
    // Conversations that began with the document, the newest first.
    Result<> noteQuestion(DocumentId id, ConversationId conversation);
    Result<std::vector<Conversation>> questions(DocumentId id) const;

    struct Damage {
        std::string what; // which conversation, turn or snapshot, and what is wrong
    };
    // Told how far a copy has come, 0..1, and below zero while it is checked; false cancels.
    using Progress = std::function<bool(double fraction)>;
    // Writes the whole library, as it is now, into one file; whoever writes to it may go on meanwhile. The
    // copy is whole, on disk and checked when it gets its name; what stood there before is replaced then.
    // Returns the damage in the copy: whatever was damaged here before.
    Result<std::vector<Damage>> backUp(const std::filesystem::path &target, const Progress &progress) const;

    struct Restored {
        std::filesystem::path replaced; // where the library is that was there before; empty: there was none
        std::vector<Damage> damage;     // in the backup already
    };
    // Puts a copy of `backup`, which may be of an older version, in the place of the library at `path`.
    // Fails with ErrorCode::Busy while somebody has that open for writing. The old library stays beside it
    // under another name; it is left as it was by an error or a cancel.
    static Result<Restored> restore(const std::filesystem::path &backup, const std::filesystem::path &path,
                                    const Progress &progress);

    // Reads everything and checks every hash; `keepGoing` is asked now and then and may cancel
    // (ErrorCode::Cancelled). Opened read-only, the search index is left out.
    Result<std::vector<Damage>> verify(const std::function<bool()> &keepGoing = {}) const;

private:
    struct Impl;
    explicit Library(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace volary
