#include "core/engine/engine.h"

#include "core/base/text.h"
#include "core/engine/attention_job.h"
#include "core/engine/compare_models.h"
#include "core/engine/document_reading.h"
#include "core/engine/document_summary.h"
#include "core/engine/export.h"
#include "core/engine/import_job.h"
#include "core/engine/loaded_model.h"
#include "core/engine/persona.h"
#include "core/engine/reply.h"
#include "core/engine/snapshot_jobs.h"
#include "core/engine/store_thread.h"
#include "core/engine/token_questions.h"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>

namespace volary {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kProgressEvery = std::chrono::milliseconds(50);
constexpr auto kLookEvery = std::chrono::milliseconds(100); // at the state, while somebody watches

Error noModel()
{
    return {ErrorCode::NotFound, "No model is open.", "Open a model in the Models workspace."};
}

} // namespace

struct Engine::Impl {
    Impl(Options given, EventSink given_sink)
        : options(std::move(given)), sink(std::move(given_sink)),
          store(options.library, [this](const auto &outcome) {
              if (outcome)
                  emit(0, event::LibraryOpened{outcome.value()});
              else
                  emit(0, event::LibraryFailed{options.library, outcome.error()});
          })
    {}

    void emit(RequestId request, Event event)
    {
        std::lock_guard lock(sinkMutex);
        sink(request, std::move(event));
    }

    // Cancelling.

    std::stop_token beginRequest(RequestId request)
    {
        std::lock_guard lock(stopsMutex);
        return stops[request].get_token();
    }
    void endRequest(RequestId request)
    {
        std::lock_guard lock(stopsMutex);
        stops.erase(request);
    }
    void stopAll()
    {
        std::lock_guard lock(stopsMutex);
        ending = true;
        for (auto &[request, source] : stops)
            source.request_stop();
    }

    // The engine thread.

    void openModel(RequestId request, const command::OpenModel &command, const std::stop_token &stop)
    {
        const auto begin = Clock::now();
        auto lastShown = begin - kProgressEvery;
        const auto progress = [&](double fraction, std::string_view stage) {
            if (Clock::now() - lastShown < kProgressEvery && fraction < 1)
                return;
            lastShown = Clock::now();
            emit(request, event::ModelProgress{command.path, fraction, std::string(stage)});
        };
        auto opened = LoadedModel::open({.path = command.path,
                                         .backend = command.backend,
                                         .threads = command.threads,
                                         .options = command.options,
                                         .vocabularies = options.vocabularies},
                                        progress, stop);
        if (!opened) {
            emit(request, event::ModelFailed{command.path, std::move(opened).error()});
            return;
        }
        endSessions();
        model = std::move(opened).value();
        setDescription(model->description());
        const std::chrono::duration<double> seconds = Clock::now() - begin;
        emit(request, event::ModelOpened{model->description(), seconds.count()});
    }

    template <typename Command>
    void reply(RequestId request, const Command &command, const std::stop_token &stop)
    {
        if (!model) {
            emit(request, event::GenerationFailed{command.conversation, {}, noModel()});
            return;
        }
        ReplyJob(
            *model, store, stop, [&](Event event) { emit(request, std::move(event)); },
            [&](ConversationId conversation, const Session &session) {
                observe(request, conversation, session);
            })
            .run(command);
    }

    // A copy of the state for who watches, if the one before was let go of.
    void observe(RequestId request, ConversationId conversation, const Session &session)
    {
        if (!watched || Clock::now() < nextLook || !lastObserved.expired())
            return;
        nextLook = Clock::now() + kLookEvery;
        auto image = session.snapshot();
        if (!image)
            return; // the reply itself will meet the same error
        const auto shared = std::make_shared<const SnapshotImage>(std::move(image).value());
        lastObserved = shared;
        emit(request, event::StateObserved{conversation, shared});
    }

    void startReading(RequestId request, const command::ReadDocument &command, const std::stop_token &stop)
    {
        const auto refuse = [&](Error error) {
            emit(request, event::CommandFailed{"Reading the document", std::move(error)});
            endRequest(request);
        };
        if (!model)
            return refuse(noModel());
        for (const auto &[other, job] : readings) {
            if (job->document() == command.document)
                return refuse({ErrorCode::Busy, "This document is being read already.", ""});
        }
        readings[request] = std::make_unique<ReadingJob>(
            *model, store, command, stop, [this, request](Event event) { emit(request, std::move(event)); });
        goOnReading(request);
    }

    // A slice, and then behind what waits: a book must not keep a chat from its reply.
    void goOnReading(RequestId request)
    {
        engineThread->post([this, request](std::stop_token) {
            const auto found = readings.find(request);
            if (found == readings.end())
                return;
            if (found->second->goOn())
                return goOnReading(request);
            readings.erase(found);
            endRequest(request);
        });
    }

    // Of readings and questions: they must not outlive the model.
    void endSessions()
    {
        for (auto &[request, job] : readings) {
            job->end(Error{ErrorCode::Cancelled, "Reading was paused: the model was changed.",
                           "Open the model again to go on."});
            endRequest(request);
        }
        readings.clear();
        nextTokens.reset();
    }

    template <typename Job, typename Command>
    void onDocument(RequestId request, const char *task, const Command &command, const std::stop_token &stop,
                    Job job)
    {
        const auto work = [&]() -> Result<> {
            if (!model)
                return noModel();
            return job(*model, store, command, stop, [&](Event event) { emit(request, std::move(event)); });
        };
        if (auto done = work(); !done)
            emit(request, event::CommandFailed{task, std::move(done).error()});
    }

    void onEngine(RequestId request, std::function<void(const std::stop_token &)> job)
    {
        const std::stop_token stop = beginRequest(request);
        engine->post([this, request, stop, job = std::move(job)](std::stop_token) {
            job(stop);
            endRequest(request);
        });
    }

    // The store thread.

    // Runs a job that answers with an event, or tells that `task` failed.
    void onStore(RequestId request, std::string task, std::function<Result<Event>(Library &)> job)
    {
        store.post([this, request, task = std::move(task), job = std::move(job)](Result<Library *> library) {
            Result<Event> outcome =
                library ? job(*library.value()) : Result<Event>(std::move(library).error());
            if (outcome)
                emit(request, std::move(outcome).value());
            else
                emit(request, event::CommandFailed{task, std::move(outcome).error()});
        });
    }

    static Result<Event> openedEvent(Library &library, ConversationId id)
    {
        TRY(Conversation conversation, library.conversation(id));
        TRY(std::vector<Turn> turns, library.turns(id));
        return Event(event::ConversationOpened{std::move(conversation),
                                               std::make_shared<const std::vector<Turn>>(std::move(turns))});
    }

    static Result<Event> changedEvent(Library &library, ConversationId id)
    {
        TRY(Conversation conversation, library.conversation(id));
        return Event(event::ConversationChanged{std::move(conversation)});
    }

    // The analysis thread.

    void onAnalysis(RequestId request, std::string task,
                    std::function<Result<Event>(const std::function<bool()> &keepGoing)> job)
    {
        const std::stop_token stop = beginRequest(request);
        analysis->post([this, request, stop, task = std::move(task), job = std::move(job)](std::stop_token) {
            Result<Event> outcome = job([&stop] { return !stop.stop_requested(); });
            endRequest(request);
            if (outcome)
                emit(request, std::move(outcome).value());
            else
                emit(request, event::CommandFailed{task, std::move(outcome).error()});
        });
    }

    void setDescription(std::shared_ptr<const ModelDescription> value)
    {
        std::lock_guard lock(descriptionMutex);
        description = std::move(value);
    }
    std::shared_ptr<const ModelDescription> currentDescription()
    {
        std::lock_guard lock(descriptionMutex);
        return description;
    }

    // Commands.

    void handle(RequestId r, command::OpenModel c)
    {
        onEngine(r, [this, r, c = std::move(c)](const std::stop_token &stop) { openModel(r, c, stop); });
    }
    void handle(RequestId r, command::CloseModel)
    {
        onEngine(r, [this, r](const std::stop_token &) {
            endSessions();
            model.reset();
            setDescription(nullptr);
            emit(r, event::ModelClosed{});
        });
    }
    void handle(RequestId r, command::SendMessage c)
    {
        onEngine(r, [this, r, c = std::move(c)](const std::stop_token &stop) { reply(r, c, stop); });
    }
    void handle(RequestId r, command::Regenerate c)
    {
        onEngine(r, [this, r, c = std::move(c)](const std::stop_token &stop) { reply(r, c, stop); });
    }
    void handle(RequestId r, command::ContinueReply c)
    {
        onEngine(r, [this, r, c = std::move(c)](const std::stop_token &stop) { reply(r, c, stop); });
    }
    void handle(RequestId r, command::BranchAtToken c)
    {
        onEngine(r, [this, r, c = std::move(c)](const std::stop_token &stop) { reply(r, c, stop); });
    }

    void handle(RequestId r, command::MakePersona c)
    {
        onModel(r, "Making the persona", [this, c = std::move(c)](const auto &stop, const auto &tell) {
            return makePersona(*model, store, c, stop, tell);
        });
    }

    // A question to the open model that one event answers; `job` may tell its progress on the way.
    void
    onModel(RequestId request, const char *task,
            std::function<Result<Event>(const std::stop_token &, const std::function<void(Event)> &)> job)
    {
        onEngine(request, [this, request, task, job = std::move(job)](const std::stop_token &stop) {
            const auto tell = [&](Event event) { emit(request, std::move(event)); };
            auto answer = model ? job(stop, tell) : Result<Event>(noModel());
            if (answer)
                emit(request, std::move(answer).value());
            else
                emit(request, event::CommandFailed{task, std::move(answer).error()});
        });
    }
    void handle(RequestId r, command::ScoreText c)
    {
        onModel(r, "Scoring the text", [this, c = std::move(c)](const auto &stop, const auto &tell) {
            return scoreText(*model, store, c, stop, tell);
        });
    }
    void handle(RequestId r, command::PredictNext c)
    {
        onModel(r, "Predicting the next token", [this, c = std::move(c)](const auto &stop, const auto &tell) {
            if (!nextTokens)
                nextTokens.emplace(*model);
            return nextTokens->predict(store, c, stop, tell);
        });
    }
    void handle(RequestId r, command::CompareModels c)
    {
        onModel(r, "Comparing the models", [this, c = std::move(c)](const auto &stop, const auto &tell) {
            return compareModels(*model, options.vocabularies, c, stop, tell);
        });
    }
    void handle(RequestId r, command::TokeniseText c)
    {
        onAnalysis(r, "Splitting the text into tokens",
                   [c = std::move(c), open = currentDescription()](const auto &) -> Result<Event> {
                       return open ? tokeniseText(*open->vocabulary, c) : Result<Event>(noModel());
                   });
    }

    void handle(RequestId r, command::ListConversations c)
    {
        onStore(r, "Listing the conversations", [c](Library &library) -> Result<Event> {
            TRY(auto list, library.conversations(c.trash ? Library::Which::Trash : Library::Which::Kept));
            return Event(event::ConversationList{std::move(list), c.trash});
        });
    }
    void handle(RequestId r, command::CreateConversation c)
    {
        const auto open = currentDescription();
        const ModelIdentity by = open ? open->identity : ModelIdentity{};
        onStore(r, "Creating a conversation",
                [this, r, c = std::move(c), by](Library &library) -> Result<Event> {
                    Conversation values;
                    values.title = c.title;
                    values.modelFingerprint = by.fingerprint;
                    values.modelName = by.name;
                    values.chatFormat = c.settings.chatFormat;
                    values.settingsJson = c.settings.toJson();
                    TRY(const ConversationId id, library.createConversation(values));
                    TRY(Conversation created, library.conversation(id));
                    emit(r, event::ConversationCreated{created});
                    return openedEvent(library, id);
                });
    }
    void handle(RequestId r, command::OpenConversation c)
    {
        onStore(r, "Opening the conversation",
                [c](Library &library) { return openedEvent(library, c.conversation); });
    }
    void handle(RequestId r, command::RenameConversation c)
    {
        onStore(r, "Renaming the conversation", [c = std::move(c)](Library &library) -> Result<Event> {
            TRY_(library.renameConversation(c.conversation, c.title));
            return changedEvent(library, c.conversation);
        });
    }
    void handle(RequestId r, command::SetConversationSettings c)
    {
        onStore(r, "Keeping the settings", [c = std::move(c)](Library &library) -> Result<Event> {
            TRY_(library.setConversationSettings(c.conversation, c.settings.chatFormat, c.settings.toJson()));
            return changedEvent(library, c.conversation);
        });
    }
    void handle(RequestId r, command::SetCurrentTurn c)
    {
        onStore(r, "Remembering the branch", [c](Library &library) -> Result<Event> {
            TRY_(library.setCurrentTurn(c.conversation, c.leaf));
            return changedEvent(library, c.conversation);
        });
    }
    void handle(RequestId r, command::DisposeConversation c)
    {
        onStore(r, "Deleting the conversation", [c](Library &library) -> Result<Event> {
            switch (c.disposal) {
            case command::Disposal::Trash: TRY_(library.moveToTrash(c.conversation)); break;
            case command::Disposal::Restore: TRY_(library.restoreFromTrash(c.conversation)); break;
            case command::Disposal::DeleteForGood: TRY_(library.deleteForGood(c.conversation)); break;
            }
            return Event(event::ConversationDisposed{c.conversation, c.disposal});
        });
    }
    void handle(RequestId r, command::HideTurn c)
    {
        onStore(r, "Hiding the branch", [c](Library &library) -> Result<Event> {
            TRY_(c.hidden ? library.hideTurn(c.turn) : library.restoreTurn(c.turn));
            return openedEvent(library, c.conversation);
        });
    }
    void handle(RequestId r, command::Search c)
    {
        latestSearch = r;
        store.post([this, r, c = std::move(c)](Result<Library *> library) {
            if (latestSearch != r)
                return; // the user has typed on
            auto hits = library ? library.value()->search(c.words)
                                : Result<std::vector<SearchHit>>(std::move(library).error());
            if (hits)
                emit(r, event::SearchResults{c.words, std::move(hits).value()});
            else
                emit(r, event::CommandFailed{"Searching", std::move(hits).error()});
        });
    }
    void handle(RequestId r, command::LoadTraces c)
    {
        onStore(r, "Loading the probabilities", [c](Library &library) -> Result<Event> {
            TRY(auto traces, library.traces(c.turn));
            return Event(event::TracesLoaded{
                c.turn, std::make_shared<const std::vector<TokenTrace>>(std::move(traces))});
        });
    }
    void handle(RequestId r, command::ExportConversation c)
    {
        onStore(r, "Exporting the conversation", [c = std::move(c)](Library &library) -> Result<Event> {
            TRY(const Conversation conversation, library.conversation(c.conversation));
            TRY(const auto turns, library.turns(c.conversation));
            TRY_(exportConversation(conversation, turns, c.leaf, c.path));
            return Event(event::Exported{c.path});
        });
    }
    void handle(RequestId r, command::VerifyLibrary)
    {
        onStore(r, "Checking the library", [this](Library &library) -> Result<Event> {
            TRY(auto damage, library.verify([this] { return !ending; }));
            return Event(event::LibraryVerified{std::move(damage)});
        });
    }

    void handle(RequestId r, command::BackUpLibrary c)
    {
        // Over a connection of its own, so that turns are saved meanwhile.
        onAnalysis(r, "Backing up the library",
                   [this, r, c = std::move(c)](const auto &keepGoing) -> Result<Event> {
                       TRY(const LibraryInfo info,
                           store.call<LibraryInfo>([](Library &library) { return library.info(); }));
                       TRY(const auto library, Library::open(info.path, OpenMode::ReadOnly));
                       auto lastShown = Clock::now() - kProgressEvery;
                       TRY(auto damage, library->backUp(c.path, [&](double fraction) {
                           if (Clock::now() - lastShown >= kProgressEvery) {
                               lastShown = Clock::now();
                               emit(r, event::BackupProgress{fraction});
                           }
                           return keepGoing();
                       }));
                       return Event(event::LibraryBackedUp{c.path, std::move(damage)});
                   });
    }

    void handle(RequestId r, command::ReadChatExport c)
    {
        onAnalysis(r, "Reading the exported chats", [this, c = std::move(c)](const auto &) -> Result<Event> {
            TRY(auto read, readChatExport(c.path));
            auto known =
                store.call<std::vector<bool>>([&](Library &library) { return knownChats(library, read); });
            if (!known)
                return std::move(known).error();
            return Event(event::ChatExportRead{c.path, std::make_shared<const ChatExport>(std::move(read)),
                                               std::move(known).value()});
        });
    }
    void handle(RequestId r, command::ImportChats c)
    {
        onAnalysis(r, "Importing chats", [this, r, c = std::move(c)](const auto &keepGoing) -> Result<Event> {
            return Event(
                importChats(store, c, keepGoing, [&](event::ImportProgress progress) { emit(r, progress); }));
        });
    }

    void handle(RequestId r, command::ListSnapshots) { onStore(r, "Listing the snapshots", listSnapshots); }
    void handle(RequestId r, command::ListBeginnings)
    {
        onStore(r, "Listing the personas",
                [open = currentDescription()](Library &library) { return listBeginnings(library, open); });
    }
    void handle(RequestId r, command::NameSnapshot c)
    {
        onStore(r, "Naming the snapshot",
                [c = std::move(c)](Library &library) { return nameSnapshot(library, c); });
    }
    void handle(RequestId r, command::PinSnapshot c)
    {
        onStore(r, "Pinning the snapshot", [c](Library &library) { return pinSnapshot(library, c); });
    }
    void handle(RequestId r, command::RoundSnapshot c)
    {
        onStore(r, "Storing the snapshot smaller",
                [c](Library &library) { return roundSnapshot(library, c); });
    }
    void handle(RequestId r, command::MeasureForms c)
    {
        onAnalysis(r, "Measuring the forms", [this, c](const auto &) { return measureForms(store, c); });
    }
    void handle(RequestId r, command::DisposeSnapshot c)
    {
        onStore(r, "Deleting the snapshot", [c](Library &library) { return disposeSnapshot(library, c); });
    }
    void handle(RequestId r, command::StartFromSnapshot c)
    {
        onStore(r, "Starting from the snapshot",
                [this, r, c = std::move(c), open = currentDescription()](Library &library) -> Result<Event> {
                    TRY(const ConversationId id, startFromSnapshot(library, c, open));
                    TRY(Conversation created, library.conversation(id));
                    emit(r, event::ConversationCreated{std::move(created)});
                    return openedEvent(library, id);
                });
    }
    void handle(RequestId r, command::DrawSnapshot c)
    {
        onAnalysis(r, "Drawing the snapshot", [this, c](const auto &) { return drawSnapshot(store, c); });
    }
    void handle(RequestId r, command::InspectSnapshot c)
    {
        onAnalysis(r, "Looking into the snapshot",
                   [this, c](const auto &) { return inspectSnapshot(store, c); });
    }
    void handle(RequestId r, command::ShowAttention c)
    {
        onEngine(r, [this, r, c](const std::stop_token &stop) {
            auto shown =
                model ? showAttention(*model, store, c, stop, [&](Event event) { emit(r, std::move(event)); })
                      : Result<Event>(noModel());
            if (shown)
                emit(r, std::move(shown).value());
            else
                emit(r, event::CommandFailed{"Looking at the attention", std::move(shown).error()});
        });
    }
    void handle(RequestId, command::WatchState c) { watched = c.on; }
    void handle(RequestId r, command::CompareSnapshots c)
    {
        onAnalysis(r, "Comparing the snapshots",
                   [this, c](const auto &keepGoing) { return compareSnapshots(store, c, keepGoing); });
    }
    void handle(RequestId r, command::ExportSnapshot c)
    {
        onAnalysis(r, "Exporting the snapshot",
                   [this, c = std::move(c)](const auto &) { return exportSnapshot(store, c); });
    }
    void handle(RequestId r, command::ImportSnapshot c)
    {
        onAnalysis(r, "Importing the snapshot",
                   [this, c = std::move(c)](const auto &) { return importSnapshot(store, c); });
    }
    void handle(RequestId r, command::ListDocuments)
    {
        onStore(r, "Listing the documents", [](Library &library) -> Result<Event> {
            TRY(auto list, library.documents());
            return Event(event::DocumentList{std::move(list)});
        });
    }
    void handle(RequestId r, command::AddDocument c)
    {
        const std::stop_token stop = beginRequest(r);
        extraction->post([this, r, c = std::move(c), stop](std::stop_token) {
            auto document = std::make_shared<Result<Document>>(readDocument(c.path, stop));
            endRequest(r);
            const std::string source = printable(c.path.filename().native(), 255);
            onStore(r, "Opening the document", [document, source](Library &library) -> Result<Event> {
                TRY(const Document read, std::move(*document));
                TRY(const DocumentId id, library.addDocument(read, source));
                TRY(StoredDocument stored, library.document(id));
                return Event(event::DocumentAdded{std::move(stored)});
            });
        });
    }
    void handle(RequestId r, command::OpenDocument c)
    {
        onStore(r, "Opening the document", [c](Library &library) -> Result<Event> {
            TRY(StoredDocument document, library.document(c.document));
            TRY(std::string text, library.documentText(c.document));
            TRY(std::vector<Section> sections, library.documentSections(c.document));
            TRY(std::vector<Conversation> questions, library.questions(c.document));
            TRY(std::vector<Summary> summaries, library.summaries(c.document));
            return Event(event::DocumentOpened{
                std::move(document), std::make_shared<const std::string>(std::move(text)),
                std::move(sections), std::move(questions), std::move(summaries)});
        });
    }
    void handle(RequestId r, command::DeleteDocument c)
    {
        onStore(r, "Deleting the document", [c](Library &library) -> Result<Event> {
            TRY_(library.deleteDocument(c.document));
            return Event(event::DocumentDeleted{c.document});
        });
    }
    void handle(RequestId r, command::ReadDocument c)
    {
        const std::stop_token stop = beginRequest(r);
        engine->post([this, r, c, stop](std::stop_token) { startReading(r, c, stop); });
    }
    void handle(RequestId r, command::AskDocument c)
    {
        onEngine(r, [this, r, c = std::move(c)](const std::stop_token &stop) {
            onDocument(r, "Asking the document", c, stop, askDocument);
        });
    }
    void handle(RequestId r, command::SummariseDocument c)
    {
        onEngine(r, [this, r, c = std::move(c)](const std::stop_token &stop) {
            onDocument(r, "Summarising the document", c, stop, summariseDocument);
        });
    }
    void handle(RequestId r, command::ExportSummary c)
    {
        onStore(r, "Exporting the summary", [c = std::move(c)](Library &library) -> Result<Event> {
            TRY(const StoredDocument document, library.document(c.document));
            TRY(const auto summaries, library.summaries(c.document));
            TRY_(exportSummary(document, summaries, c.path));
            return Event(event::Exported{c.path});
        });
    }

    const Options options;
    const EventSink sink;
    std::mutex sinkMutex; // one event at a time, whichever thread it comes from
    std::mutex stopsMutex;
    std::map<RequestId, std::stop_source>
        stops; // of the commands that can be cancelled; guarded by stopsMutex
    std::atomic<bool> ending{false};
    std::mutex descriptionMutex;
    // Of the open model, for commands that run on other threads; guarded by descriptionMutex.
    std::shared_ptr<const ModelDescription> description;
    std::atomic<RequestId> nextRequest{1};
    std::atomic<RequestId> latestSearch{0};
    std::atomic<bool> watched{false};
    Clock::time_point nextLook{}; // engine thread only, as the next two
    std::weak_ptr<const SnapshotImage> lastObserved;
    std::unique_ptr<LoadedModel> model;
    std::optional<NextTokens> nextTokens; // engine thread only; goes before the model
    StoreThread store;
    std::map<RequestId, std::unique_ptr<ReadingJob>> readings; // engine thread only
    // Last: their jobs use everything above.
    std::unique_ptr<Worker> extraction = std::make_unique<Worker>();
    std::unique_ptr<Worker> analysis = std::make_unique<Worker>();
    std::unique_ptr<Worker> engine = std::make_unique<Worker>();
    Worker *const engineThread = engine.get(); // for its own jobs, which also run while it ends
};

Engine::Engine(Options options, EventSink sink)
    : m_impl(std::make_unique<Impl>(std::move(options), std::move(sink)))
{}

Engine::~Engine()
{
    m_impl->stopAll();
    m_impl->analysis.reset();
    m_impl->extraction.reset();
    m_impl->engine.reset(); // a stopped reply is still saved, which needs the store thread
}

RequestId Engine::post(Command command)
{
    const RequestId request = m_impl->nextRequest++;
    std::visit([&](auto &&c) { m_impl->handle(request, std::forward<decltype(c)>(c)); }, std::move(command));
    return request;
}

void Engine::cancel(RequestId request)
{
    std::lock_guard lock(m_impl->stopsMutex);
    if (const auto found = m_impl->stops.find(request); found != m_impl->stops.end())
        found->second.request_stop();
}

} // namespace volary
