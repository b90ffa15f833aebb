// The only place where Qt and the engine meet.
#pragma once

#include "core/engine/messages.h"

#include <QObject>

#include <functional>
#include <memory>

namespace volary::ui {

// Turns commands into calls of the engine and its events into signals on the UI thread. Lives on the UI
// thread.
//
// Text events are gathered: however fast the model is, textAppended is emitted at most once per kDrainMs and
// conversation, so the window never paints per token.
class EngineBridge : public QObject {
    Q_OBJECT

public:
    static constexpr int kDrainMs = 33;

    using Post = std::function<RequestId(Command)>;
    using Cancel = std::function<void(RequestId)>;

    // `post` and `cancel` reach the engine (in tests: whatever stands for it).
    EngineBridge(Post post, Cancel cancel, QObject *parent = nullptr);
    ~EngineBridge() override;

    RequestId post(Command command) { return m_post(std::move(command)); }
    void cancel(RequestId request) { m_cancel(request); }

    // Hands an event over to the UI thread. May be called from any thread, also while the bridge is being
    // destroyed by the UI thread if the engine was destroyed first.
    void deliver(RequestId request, Event event);

    // The state every page wants to know; empty when no model is open.
    std::shared_ptr<const ModelDescription> model() const { return m_model; }

signals:
    void modelProgress(volary::RequestId request, const volary::event::ModelProgress &progress);
    void modelOpened(volary::RequestId request, const volary::event::ModelOpened &opened);
    void modelFailed(volary::RequestId request, const volary::event::ModelFailed &failed);
    void modelClosed(volary::RequestId request);
    void libraryOpened(const volary::event::LibraryOpened &opened);
    void libraryFailed(const volary::event::LibraryFailed &failed);
    void conversationList(volary::RequestId request, const volary::event::ConversationList &list);
    void conversationCreated(volary::RequestId request, const volary::event::ConversationCreated &created);
    void conversationOpened(volary::RequestId request, const volary::event::ConversationOpened &opened);
    void conversationChanged(volary::RequestId request, const volary::event::ConversationChanged &changed);
    void conversationDisposed(volary::RequestId request, const volary::event::ConversationDisposed &disposed);
    void searchResults(volary::RequestId request, const volary::event::SearchResults &results);
    void turnStarted(volary::RequestId request, const volary::event::TurnStarted &started);
    void promptProgress(volary::RequestId request, const volary::event::PromptProgress &progress);
    void textAppended(volary::RequestId request, const volary::event::TextAppended &appended);
    void turnFinished(volary::RequestId request, const volary::event::TurnFinished &finished);
    void generationFailed(volary::RequestId request, const volary::event::GenerationFailed &failed);
    void tracesLoaded(volary::RequestId request, const volary::event::TracesLoaded &loaded);
    void exported(volary::RequestId request, const volary::event::Exported &exported);
    void libraryVerified(volary::RequestId request, const volary::event::LibraryVerified &verified);
    void backupProgress(volary::RequestId request, const volary::event::BackupProgress &progress);
    void libraryBackedUp(volary::RequestId request, const volary::event::LibraryBackedUp &backedUp);
    void chatExportRead(volary::RequestId request, const volary::event::ChatExportRead &read);
    void importProgress(volary::RequestId request, const volary::event::ImportProgress &progress);
    void chatsImported(volary::RequestId request, const volary::event::ChatsImported &imported);
    void snapshotList(volary::RequestId request, const volary::event::SnapshotList &list);
    void snapshotChanged(volary::RequestId request, const volary::event::SnapshotChanged &changed);
    void snapshotDisposed(volary::RequestId request, const volary::event::SnapshotDisposed &disposed);
    void formsMeasured(volary::RequestId request, const volary::event::FormsMeasured &measured);
    void snapshotDrawn(volary::RequestId request, const volary::event::SnapshotDrawn &drawn);
    void snapshotsCompared(volary::RequestId request, const volary::event::SnapshotsCompared &compared);
    void snapshotInspected(volary::RequestId request, const volary::event::SnapshotInspected &inspected);
    void attentionProgress(volary::RequestId request, const volary::event::AttentionProgress &progress);
    void attentionShown(volary::RequestId request, const volary::event::AttentionShown &shown);
    void stateObserved(volary::RequestId request, const volary::event::StateObserved &observed);
    void snapshotImported(volary::RequestId request, const volary::event::SnapshotImported &imported);
    void beginningList(volary::RequestId request, const volary::event::BeginningList &list);
    void personaMade(volary::RequestId request, const volary::event::PersonaMade &made);
    void documentList(volary::RequestId request, const volary::event::DocumentList &list);
    void documentAdded(volary::RequestId request, const volary::event::DocumentAdded &added);
    void documentOpened(volary::RequestId request, const volary::event::DocumentOpened &opened);
    void documentDeleted(volary::RequestId request, const volary::event::DocumentDeleted &deleted);
    void documentAsked(volary::RequestId request, const volary::event::DocumentAsked &asked);
    void readingProgress(volary::RequestId request, const volary::event::ReadingProgress &progress);
    void readingEnded(volary::RequestId request, const volary::event::ReadingEnded &ended);
    void summaryProgress(volary::RequestId request, const volary::event::SummaryProgress &progress);
    void summaryEnded(volary::RequestId request, const volary::event::SummaryEnded &ended);
    void tokenProgress(volary::RequestId request, const volary::event::TokenProgress &progress);
    void textScored(volary::RequestId request, const volary::event::TextScored &scored);
    void textTokenised(volary::RequestId request, const volary::event::TextTokenised &tokenised);
    void nextPredicted(volary::RequestId request, const volary::event::NextPredicted &predicted);
    void compareProgress(volary::RequestId request, const volary::event::CompareProgress &progress);
    void modelsCompared(volary::RequestId request, const volary::event::ModelsCompared &compared);
    void commandFailed(volary::RequestId request, const volary::event::CommandFailed &failed);

private:
    struct Inbox; // the queue that the engine's threads fill

    void wakeUp();
    void drain();
    void announce(RequestId request, const Event &event);

    Post m_post;
    Cancel m_cancel;
    std::shared_ptr<Inbox> m_inbox;
    std::shared_ptr<const ModelDescription> m_model;
};

} // namespace volary::ui
