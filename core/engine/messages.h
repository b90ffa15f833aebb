// What crosses the threads: commands into the engine, events out of it. Plain values; a large one travels as
// shared_ptr<const T> and is never changed afterwards.
#pragma once

#include "core/base/result.h"
#include "core/engine/chat_import.h"
#include "core/engine/model_options.h"
#include "core/inspect/attention.h"
#include "core/inspect/half_lives.h"
#include "core/inspect/state_diff.h"
#include "core/inspect/state_picture.h"
#include "core/models/model_info.h"
#include "core/session/sampler.h"
#include "core/session/score.h"
#include "core/store/library.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace volary {

// Chosen by the sender; every event that answers a command carries it, so that a late answer can be told from
// a current one.
using RequestId = std::uint64_t;

struct GenerationSettings {
    SamplerSettings sampler;
    int maxTokens = 512;
    std::string chatFormat;             // empty: the model's own
    std::filesystem::path initialState; // a tuned state that the first turn begins with; empty: the model's
    SnapshotId beginning = 0; // a stored snapshot that it begins with; goes before initialState; 0: none

    bool operator==(const GenerationSettings &) const = default;
    std::string toJson() const;
    static Result<GenerationSettings> fromJson(std::string_view json);
};

// Commands.
// .

namespace command {

// Loads a model file or folder and makes it the current one. The old one stays until the new one is complete.
struct OpenModel {
    std::filesystem::path path;
    std::string backend = "auto";
    int threads = 0;
    ModelOptions options = {};
};
struct CloseModel {};

struct ListConversations { // -> event::ConversationList
    bool trash = false;
};
struct CreateConversation { // -> event::ConversationCreated, then event::ConversationOpened
    std::string title;
    GenerationSettings settings;
};
struct OpenConversation { // -> event::ConversationOpened
    ConversationId conversation;
};
struct RenameConversation { // -> event::ConversationChanged
    ConversationId conversation;
    std::string title;
};
struct SetConversationSettings {
    ConversationId conversation;
    GenerationSettings settings;
};
struct SetCurrentTurn { // remembers which path is shown
    ConversationId conversation;
    std::optional<TurnId> leaf;
};
enum class Disposal : std::uint8_t { Trash, Restore, DeleteForGood };
struct DisposeConversation { // -> event::ConversationDisposed
    ConversationId conversation;
    Disposal disposal;
};
struct HideTurn { // -> event::ConversationOpened (the tree anew)
    ConversationId conversation;
    TurnId turn;
    bool hidden = true;
};
struct Search { // -> event::SearchResults; a newer search replaces one that waits
    std::string words;
};

// The four ways to get a reply. Each is answered by event::TurnStarted (the user turn, if any, is on disk by
// then), any number of event::TextAppended, and one event::TurnFinished or event::GenerationFailed.
struct SendMessage { // a new user turn below `parent` (nothing: a first turn), then a reply
    ConversationId conversation;
    std::optional<TurnId> parent;
    std::string text;
    GenerationSettings settings;
    std::optional<SnapshotId> beginsFrom = {}; // of a first turn: the state it goes on from
};
struct Regenerate { // another reply to the same user turn, from its stored state
    ConversationId conversation;
    TurnId userTurn;
    GenerationSettings settings;
};
struct ContinueReply { // goes on with a stopped, interrupted or finished reply: a new version that begins
                       // with its text
    ConversationId conversation;
    TurnId assistantTurn;
    GenerationSettings settings;
};
struct BranchAtToken { // a new version of a reply: its first `keep` tokens, then `token`, then whatever
                       // follows
    ConversationId conversation;
    TurnId assistantTurn;
    std::int64_t keep;
    TokenId token;
    GenerationSettings settings;
};
struct LoadTraces { // -> event::TracesLoaded
    TurnId turn;
};
struct ExportConversation { // -> event::Exported; format by ending: .md or .json
    ConversationId conversation;
    std::optional<TurnId>
        leaf; // the path to write; nothing: the current one (JSON always holds the whole tree)
    std::filesystem::path path;
};
struct VerifyLibrary {}; // -> event::LibraryVerified
struct BackUpLibrary {   // -> event::BackupProgress, then event::LibraryBackedUp; can be cancelled
    std::filesystem::path path;
};

struct ReadChatExport { // -> event::ChatExportRead: what there is to import; nothing is stored
    std::filesystem::path path;
};
// Stores conversations of it as text. -> event::ImportProgress, then event::ChatsImported; a cancel keeps
// those that are stored already.
struct ImportChats {
    std::shared_ptr<const ChatExport> chats;
    std::vector<std::size_t> chosen; // of chats->chats
};

struct ListSnapshots {}; // -> event::SnapshotList
struct NameSnapshot {    // -> event::SnapshotChanged
    SnapshotId snapshot;
    std::string name; // empty takes the name away
};
// What each smaller form would take and cost. -> event::FormsMeasured; nothing is changed.
struct MeasureForms {
    SnapshotId snapshot;
};
struct RoundSnapshot { // -> event::SnapshotChanged; cannot be undone
    SnapshotId snapshot;
    StateForm form;
};
struct PinSnapshot { // -> event::SnapshotChanged
    SnapshotId snapshot;
    bool pinned;
};
struct DisposeSnapshot { // -> event::SnapshotDisposed
    SnapshotId snapshot;
    Disposal disposal;
};
struct DrawSnapshot { // -> event::SnapshotDrawn
    SnapshotId snapshot;
};
struct CompareSnapshots { // -> event::SnapshotsCompared; can be cancelled
    SnapshotId first, second;
};
struct ExportSnapshot { // -> event::Exported
    SnapshotId snapshot;
    std::filesystem::path path;
};
struct ImportSnapshot { // -> event::SnapshotImported
    std::filesystem::path path;
};
struct InspectSnapshot { // -> event::SnapshotInspected
    SnapshotId snapshot;
};
// What the attention layers look at as the open model reads the last token of a snapshot of its own.
struct ShowAttention { // -> event::AttentionProgress, then event::AttentionShown; can be cancelled
    SnapshotId snapshot;
};
struct WatchState { // event::StateObserved some times a second while a reply is written; costs nothing when
                    // off
    bool on;
};
struct ListBeginnings {}; // -> event::BeginningList: what a chat with the open model can begin with
// Stores a named beginning: the open model's state after a tuned state, a text, or a text on top of a tuned
// state. -> event::PromptProgress (with conversation 0), then event::PersonaMade; can be cancelled.
struct MakePersona {
    std::string name;
    std::string text;                   // read as the chat format writes a system text
    std::filesystem::path initialState; // empty: none
    std::string chatFormat;             // empty: the model's own
};
struct StartFromSnapshot { // -> event::ConversationCreated, then event::ConversationOpened; needs its model
    SnapshotId snapshot;
    GenerationSettings settings;
};

// A text to look at token by token, or what a stored state has read.
struct TokenSource {
    static constexpr std::size_t kMostBytes = 500'000, kMostTokens = 250'000;

    std::string text;
    SnapshotId snapshot = 0; // goes before the text

    bool operator==(const TokenSource &) const = default;
};
// How well the open model predicts each token, read from a fresh state on. -> event::TokenProgress, then
// event::TextScored; can be cancelled.
struct ScoreText {
    TokenSource source;
};
struct TokeniseText { // -> event::TextTokenised
    std::string text;
};
// What may follow the source and then `path`. -> event::TokenProgress, then event::NextPredicted; can be
// cancelled.
struct PredictNext {
    TokenSource source;
    std::vector<TokenId> path;
    int count = 12; // of the most likely tokens
};
// The open model and another one go on from the same text, each by its likeliest tokens, and each tells how
// it would have predicted those of the other. -> event::CompareProgress, then event::ModelsCompared; can be
// cancelled.
struct CompareModels {
    std::string text;
    std::filesystem::path other;
    ModelOptions options = {}; // that the other one is opened with
    int tokens = 64;           // at most, of each
};

struct ListDocuments {}; // -> event::DocumentList
struct AddDocument {     // -> event::DocumentAdded; can be cancelled
    std::filesystem::path path;
};
struct OpenDocument { // -> event::DocumentOpened
    DocumentId document;
};
struct DeleteDocument { // -> event::DocumentDeleted
    DocumentId document;
};
// Reads a document with the open model, on from where that came to before. Other commands get their turn four
// times a second. Answered by any number of event::ReadingProgress and one event::ReadingEnded; a cancel is a
// pause: what was read is kept.
struct ReadDocument {
    DocumentId document;
    bool again = false; // from the start; what was read before is forgotten
};
// A question to a document that was read to its end: a new conversation that goes on from the state there.
// event::DocumentAsked, then as SendMessage.
struct AskDocument {
    DocumentId document;
    std::string question;
    GenerationSettings settings;
};
// Summaries of a document that was read to its end, kept with it. Answered by event::SummaryProgress and one
// event::SummaryEnded.
struct SummariseDocument {
    DocumentId document;
    bool chapters; // each chapter from the state at its end, then a summary of these; else the whole at once
    GenerationSettings settings;
};
struct ExportSummary { // -> event::Exported; Markdown
    DocumentId document;
    std::filesystem::path path;
};

} // namespace command

using Command = std::variant<
    command::OpenModel, command::CloseModel, command::ListConversations, command::CreateConversation,
    command::OpenConversation, command::RenameConversation, command::SetConversationSettings,
    command::SetCurrentTurn, command::DisposeConversation, command::HideTurn, command::Search,
    command::SendMessage, command::Regenerate, command::ContinueReply, command::BranchAtToken,
    command::LoadTraces, command::ExportConversation, command::VerifyLibrary, command::ListDocuments,
    command::AddDocument, command::OpenDocument, command::DeleteDocument, command::ReadDocument,
    command::AskDocument, command::SummariseDocument, command::ExportSummary, command::BackUpLibrary,
    command::ReadChatExport, command::ImportChats, command::ListSnapshots, command::NameSnapshot,
    command::MeasureForms, command::RoundSnapshot, command::PinSnapshot, command::DisposeSnapshot,
    command::DrawSnapshot, command::CompareSnapshots, command::ExportSnapshot, command::ImportSnapshot,
    command::InspectSnapshot, command::ShowAttention, command::WatchState, command::ListBeginnings,
    command::MakePersona, command::StartFromSnapshot, command::ScoreText, command::TokeniseText,
    command::PredictNext, command::CompareModels>;

// Events.
// .

// What the window shows of an open model; immutable.
struct ModelDescription {
    std::filesystem::path path;
    ModelOptions options; // it was opened with
    ModelInfo info;
    ModelIdentity identity;
    std::string format;      // of the file: "safetensors"
    std::string device;      // for people
    std::string tokenizer;   // kind: "sentencepiece"
    std::string chatFormat;  // suggested
    std::string weightTypes; // "f16" or "f32, bf16"
    std::uint64_t fileBytes = 0;
    std::uint64_t weightBytes = 0; // in memory
    std::uint64_t stateBytes = 0;  // fixed part, per conversation
    std::vector<StateTensor> state;
    struct TensorRow {
        std::string name;
        DType type;
        Shape shape;
    };
    std::vector<TensorRow> tensors;        // as in the file
    std::vector<LayerHalfLives> halfLives; // of the recurrent layers
    GenerationSettings suggestedSettings;
    std::shared_ptr<const Tokenizer> vocabulary;
};

namespace event {

struct ModelProgress {
    std::filesystem::path path;
    double fraction;   // 0..1
    std::string stage; // "Reading weights"
};
struct ModelOpened {
    std::shared_ptr<const ModelDescription> model;
    double seconds;
};
struct ModelFailed { // the model that was open before stays open
    std::filesystem::path path;
    Error error; // ErrorCode::Cancelled after a cancel
};
struct ModelClosed {};

struct LibraryOpened {
    LibraryInfo info;
};
struct LibraryFailed { // nothing can be stored; the window offers what there is to do
    std::filesystem::path path;
    Error error;
};
struct ConversationList {
    std::vector<Conversation> conversations;
    bool trash;
};
struct ConversationCreated {
    Conversation conversation;
};
struct ConversationOpened {
    Conversation conversation;
    std::shared_ptr<const std::vector<Turn>> turns;
};
struct ConversationChanged {
    Conversation conversation;
};
struct ConversationDisposed {
    ConversationId conversation;
    command::Disposal disposal;
};
struct SearchResults {
    std::string words;
    std::vector<SearchHit> hits;
};

struct TurnStarted {
    ConversationId conversation;
    std::optional<Turn> userTurn; // with SendMessage: already on disk
    Turn reply; // id 0 until it is finished; parent is set; text holds what a continued reply began with
    std::int64_t tokensReused; // not read again, thanks to the stored state
    std::int64_t tokensRead;   // read now
    double readTokensPerSecond;
};
struct PromptProgress {
    ConversationId conversation; // 0: a persona
    std::int64_t done, total;
};
struct TextAppended {
    ConversationId conversation;
    std::string text; // whole characters
    std::vector<TokenTrace> traces;
    std::int64_t tokens; // of the reply so far
    double tokensPerSecond;
};
using volary::FinishReason;
struct TurnFinished { // the turn and its snapshot are on disk
    ConversationId conversation;
    Turn reply;
    FinishReason reason;
};
struct GenerationFailed {
    ConversationId conversation;
    std::optional<Turn> kept; // what was kept of the reply, on disk
    Error error;
};
struct TracesLoaded {
    TurnId turn;
    std::shared_ptr<const std::vector<TokenTrace>> traces;
};
struct Exported {
    std::filesystem::path path;
};
struct LibraryVerified {
    std::vector<Library::Damage> damage;
};
struct BackupProgress {
    double fraction; // 0..1; below zero while the copy is checked
};
struct LibraryBackedUp { // the copy is on disk, and was checked
    std::filesystem::path path;
    std::vector<Library::Damage> damage; // of the library, as copied
};
struct ChatExportRead {
    std::filesystem::path path;
    std::shared_ptr<const ChatExport> chats;
    std::vector<bool> known; // of each: a conversation that began at the same time is in the library
};
struct ImportProgress {
    std::int64_t done, total; // conversations
};
struct ChatsImported {
    std::int64_t conversations, turns; // stored
    std::optional<Error> error;        // nothing: all that were chosen
};
struct SnapshotList {
    std::shared_ptr<const std::vector<SnapshotSummary>> snapshots; // those in the trash, too
};
struct SnapshotChanged {
    SnapshotSummary snapshot;
};
struct SnapshotDisposed {
    SnapshotId snapshot;
    command::Disposal disposal;
};
struct FormsMeasured {
    SnapshotId snapshot;
    struct Row {
        StateForm form;
        std::uint64_t bytes = 0;
        StoredForm cost;
        std::optional<Error> refused; // the state does not fit this form
    };
    std::vector<Row> rows; // the exact one first
};
struct SnapshotDrawn {
    SnapshotId snapshot;
    std::shared_ptr<const StatePicture> picture;
};
struct SnapshotsCompared {
    SnapshotId first, second;
    std::shared_ptr<const StateDiff> diff;
};
struct SnapshotInspected {
    SnapshotId snapshot;
    std::shared_ptr<const SnapshotImage> image;
};
struct AttentionProgress {
    SnapshotId snapshot;
    double fraction; // 0..1
};
struct AttentionShown {
    SnapshotId snapshot;
    std::shared_ptr<const AttentionPicture> picture;
};
// The next one is made only after this image was let go: a slow window gets fewer.
struct StateObserved {
    ConversationId conversation;
    std::shared_ptr<const SnapshotImage> image;
};
struct SnapshotImported {
    SnapshotSummary snapshot;
};
struct BeginningList {
    std::shared_ptr<const std::vector<SnapshotSummary>> snapshots;
};
struct PersonaMade { // it is on disk
    SnapshotSummary snapshot;
};
struct DocumentList {
    std::vector<StoredDocument> documents;
};
struct DocumentAdded { // or found: the same text is kept once
    StoredDocument document;
};
struct DocumentOpened {
    StoredDocument document;
    std::shared_ptr<const std::string> text;
    std::vector<Section> sections;
    std::vector<Conversation> questions; // the newest first
    std::vector<Summary> summaries;
};
struct DocumentDeleted {
    DocumentId document;
};
struct DocumentAsked {
    DocumentId document;
    Conversation conversation;
};
struct ReadingProgress {
    DocumentId document;
    std::int64_t done, total; // tokens; total is 0 while the text is being split into them
    std::int64_t safe;        // of these are on disk
    double tokensPerSecond;
};
struct ReadingEnded {
    StoredDocument document;
    std::int64_t tokensReused, tokensRead;
    double tokensPerSecond;
    std::optional<Error> error; // nothing: read to the end; Cancelled: paused
};
struct SummaryProgress {
    DocumentId document;
    int done, total; // summaries
    std::string title;
    std::string text; // of the one being written, so far
};
struct SummaryEnded {
    DocumentId document;
    std::vector<Summary> summaries; // all of the document
    std::optional<Error> error;
};
struct TokenProgress {
    std::int64_t done, total; // tokens
};
struct TextScored {
    std::shared_ptr<const std::vector<TokenScore>> tokens;
    std::shared_ptr<const ModelDescription> model;
};
struct TextTokenised {
    std::shared_ptr<const std::vector<TokenId>> tokens;
};
struct NextPredicted {
    std::vector<TokenId> path;
    std::vector<TokenProbability> next; // most likely first, plain softmax
};
struct CompareProgress {
    double fraction;   // 0..1
    std::string stage; // "Reading weights"
};
struct ModelsCompared {
    struct Side {
        std::shared_ptr<const ModelDescription> model;
        // What it wrote, with the numbers of the other model; with neither rank nor alternatives where that
        // has another vocabulary.
        std::vector<TokenScore> reply;
        std::uint64_t stateBytes; // after it, as a snapshot keeps them
        double tokensPerSecond;
    };
    std::shared_ptr<const Side> open, other;
};
// Any other command that failed; what it wanted to change is unchanged.
struct CommandFailed {
    std::string task; // "Renaming the conversation"
    Error error;
};

} // namespace event

using Event =
    std::variant<event::ModelProgress, event::ModelOpened, event::ModelFailed, event::ModelClosed,
                 event::LibraryOpened, event::LibraryFailed, event::ConversationList,
                 event::ConversationCreated, event::ConversationOpened, event::ConversationChanged,
                 event::ConversationDisposed, event::SearchResults, event::TurnStarted, event::PromptProgress,
                 event::TextAppended, event::TurnFinished, event::GenerationFailed, event::TracesLoaded,
                 event::Exported, event::LibraryVerified, event::BackupProgress, event::LibraryBackedUp,
                 event::ChatExportRead, event::ImportProgress, event::ChatsImported, event::SnapshotList,
                 event::SnapshotChanged, event::SnapshotDisposed, event::FormsMeasured, event::SnapshotDrawn,
                 event::SnapshotsCompared, event::SnapshotImported, event::SnapshotInspected,
                 event::AttentionProgress, event::AttentionShown, event::StateObserved, event::BeginningList,
                 event::PersonaMade, event::DocumentList, event::DocumentAdded, event::DocumentOpened,
                 event::DocumentDeleted, event::DocumentAsked, event::ReadingProgress, event::ReadingEnded,
                 event::SummaryProgress, event::SummaryEnded, event::TokenProgress, event::TextScored,
                 event::TextTokenised, event::NextPredicted, event::CompareProgress, event::ModelsCompared,
                 event::CommandFailed>;

} // namespace volary
