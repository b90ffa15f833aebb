#include "ui/bridge/engine_bridge.h"

#include <QPointer>
#include <QTimer>

#include <deque>
#include <iterator>
#include <mutex>
#include <utility>

namespace volary::ui {

namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

struct Letter {
    RequestId request;
    Event event;
};

bool canWait(const Event &event)
{
    return std::holds_alternative<event::TextAppended>(event);
}

// Appends to the newest letter when it is text of the same reply; so a flood needs no more room than its
// text.
bool mergedIntoNewest(std::deque<Letter> &letters, RequestId request, event::TextAppended &more)
{
    if (letters.empty() || letters.back().request != request)
        return false;
    auto *newest = std::get_if<event::TextAppended>(&letters.back().event);
    if (!newest || newest->conversation != more.conversation)
        return false;
    newest->text += more.text;
    std::move(more.traces.begin(), more.traces.end(), std::back_inserter(newest->traces));
    newest->tokens = more.tokens;
    newest->tokensPerSecond = more.tokensPerSecond;
    return true;
}

} // namespace

struct EngineBridge::Inbox {
    std::mutex mutex; // guards the next three; held only to push or to swap
    std::deque<Letter> arrived;
    bool wakeUpIsOnItsWay = false;
    bool hasUrgent = false;

    // UI thread only. Letters leave the front one by one, so that order holds even when a slot runs an event
    // loop of its own (a dialog) and the inbox is drained from within.
    std::deque<Letter> reading;
    QTimer drainTimer;
};

EngineBridge::EngineBridge(Post post, Cancel cancel, QObject *parent)
    : QObject(parent), m_post(std::move(post)), m_cancel(std::move(cancel)),
      m_inbox(std::make_shared<Inbox>())
{
    m_inbox->drainTimer.setSingleShot(true);
    m_inbox->drainTimer.setInterval(kDrainMs);
    connect(&m_inbox->drainTimer, &QTimer::timeout, this, &EngineBridge::drain);
}

EngineBridge::~EngineBridge() = default;

void EngineBridge::deliver(RequestId request, Event event)
{
    const bool urgent = !canWait(event);
    std::lock_guard lock(m_inbox->mutex);
    auto *text = std::get_if<event::TextAppended>(&event);
    if (!text || !mergedIntoNewest(m_inbox->arrived, request, *text))
        m_inbox->arrived.push_back({request, std::move(event)});
    // A wake-up for text only arms the timer, so an urgent event needs one of its own.
    const bool mustWake = !m_inbox->wakeUpIsOnItsWay || (urgent && !m_inbox->hasUrgent);
    m_inbox->hasUrgent = m_inbox->hasUrgent || urgent;
    if (!mustWake)
        return;
    m_inbox->wakeUpIsOnItsWay = true;
    QMetaObject::invokeMethod(this, &EngineBridge::wakeUp, Qt::QueuedConnection);
}

void EngineBridge::wakeUp()
{
    bool urgent = false;
    {
        std::lock_guard lock(m_inbox->mutex);
        urgent = m_inbox->hasUrgent;
    }
    if (urgent)
        drain();
    else if (!m_inbox->drainTimer.isActive())
        m_inbox->drainTimer.start();
}

void EngineBridge::drain()
{
    m_inbox->drainTimer.stop();
    {
        std::lock_guard lock(m_inbox->mutex);
        std::move(m_inbox->arrived.begin(), m_inbox->arrived.end(), std::back_inserter(m_inbox->reading));
        m_inbox->arrived.clear();
        m_inbox->wakeUpIsOnItsWay = false;
        m_inbox->hasUrgent = false;
    }
    const auto inbox = m_inbox; // outlives a slot that destroys the bridge
    const QPointer<EngineBridge> self(this);
    while (self && !inbox->reading.empty()) {
        const Letter letter = std::move(inbox->reading.front());
        inbox->reading.pop_front();
        announce(letter.request, letter.event);
    }
}

void EngineBridge::announce(RequestId request, const Event &event)
{
    using namespace volary::event;
    std::visit(Overloaded{
                   [&](const ModelProgress &e) { emit modelProgress(request, e); },
                   [&](const ModelOpened &e) {
                       m_model = e.model;
                       emit modelOpened(request, e);
                   },
                   [&](const ModelFailed &e) { emit modelFailed(request, e); },
                   [&](const ModelClosed &) {
                       m_model.reset();
                       emit modelClosed(request);
                   },
                   [&](const LibraryOpened &e) { emit libraryOpened(e); },
                   [&](const LibraryFailed &e) { emit libraryFailed(e); },
                   [&](const ConversationList &e) { emit conversationList(request, e); },
                   [&](const ConversationCreated &e) { emit conversationCreated(request, e); },
                   [&](const ConversationOpened &e) { emit conversationOpened(request, e); },
                   [&](const ConversationChanged &e) { emit conversationChanged(request, e); },
                   [&](const ConversationDisposed &e) { emit conversationDisposed(request, e); },
                   [&](const SearchResults &e) { emit searchResults(request, e); },
                   [&](const TurnStarted &e) { emit turnStarted(request, e); },
                   [&](const PromptProgress &e) { emit promptProgress(request, e); },
                   [&](const TextAppended &e) { emit textAppended(request, e); },
                   [&](const TurnFinished &e) { emit turnFinished(request, e); },
                   [&](const GenerationFailed &e) { emit generationFailed(request, e); },
                   [&](const TracesLoaded &e) { emit tracesLoaded(request, e); },
                   [&](const Exported &e) { emit exported(request, e); },
                   [&](const LibraryVerified &e) { emit libraryVerified(request, e); },
                   [&](const BackupProgress &e) { emit backupProgress(request, e); },
                   [&](const LibraryBackedUp &e) { emit libraryBackedUp(request, e); },
                   [&](const ChatExportRead &e) { emit chatExportRead(request, e); },
                   [&](const ImportProgress &e) { emit importProgress(request, e); },
                   [&](const ChatsImported &e) { emit chatsImported(request, e); },
                   [&](const SnapshotList &e) { emit snapshotList(request, e); },
                   [&](const SnapshotChanged &e) { emit snapshotChanged(request, e); },
                   [&](const SnapshotDisposed &e) { emit snapshotDisposed(request, e); },
                   [&](const FormsMeasured &e) { emit formsMeasured(request, e); },
                   [&](const SnapshotDrawn &e) { emit snapshotDrawn(request, e); },
                   [&](const SnapshotsCompared &e) { emit snapshotsCompared(request, e); },
                   [&](const SnapshotInspected &e) { emit snapshotInspected(request, e); },
                   [&](const AttentionProgress &e) { emit attentionProgress(request, e); },
                   [&](const AttentionShown &e) { emit attentionShown(request, e); },
                   [&](const StateObserved &e) { emit stateObserved(request, e); },
                   [&](const SnapshotImported &e) { emit snapshotImported(request, e); },
                   [&](const BeginningList &e) { emit beginningList(request, e); },
                   [&](const PersonaMade &e) { emit personaMade(request, e); },
                   [&](const DocumentList &e) { emit documentList(request, e); },
                   [&](const DocumentAdded &e) { emit documentAdded(request, e); },
                   [&](const DocumentOpened &e) { emit documentOpened(request, e); },
                   [&](const DocumentDeleted &e) { emit documentDeleted(request, e); },
                   [&](const DocumentAsked &e) { emit documentAsked(request, e); },
                   [&](const ReadingProgress &e) { emit readingProgress(request, e); },
                   [&](const ReadingEnded &e) { emit readingEnded(request, e); },
                   [&](const SummaryProgress &e) { emit summaryProgress(request, e); },
                   [&](const SummaryEnded &e) { emit summaryEnded(request, e); },
                   [&](const TokenProgress &e) { emit tokenProgress(request, e); },
                   [&](const TextScored &e) { emit textScored(request, e); },
                   [&](const TextTokenised &e) { emit textTokenised(request, e); },
                   [&](const NextPredicted &e) { emit nextPredicted(request, e); },
                   [&](const CompareProgress &e) { emit compareProgress(request, e); },
                   [&](const ModelsCompared &e) { emit modelsCompared(request, e); },
                   [&](const CommandFailed &e) { emit commandFailed(request, e); },
               },
               event);
}

} // namespace volary::ui
