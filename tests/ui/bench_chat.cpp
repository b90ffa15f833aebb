// What the window promises, measured: bench_chat
//
//   opening a conversation of 10,000 turns        budget 300 ms
//   longest stall of the event loop at 500 tokens/s   budget 50 ms
#include "tests/ui/fake_engine.h"
#include "ui/chat/chat_workspace.h"
#include "ui/chat/transcript_view.h"

#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QTimer>

#include <cstdio>
#include <thread>

using namespace volary;
using namespace volary::ui;

namespace {

constexpr int kTurns = 10'000;
constexpr int kTokens = 2'500; // five seconds of writing
constexpr int kTokensPerSecond = 500;

std::vector<Turn> manyTurns()
{
    std::vector<Turn> turns;
    for (TurnId id = 1; id <= kTurns; ++id) {
        Turn turn;
        turn.id = id;
        turn.conversation = 1;
        turn.parent = id == 1 ? std::nullopt : std::optional(id - 1);
        turn.role = id % 2 == 1 ? Role::User : Role::Assistant;
        turn.text = "Turn " + std::to_string(id) +
                    " of a long conversation.\n\nIt has **two** paragraphs, and `code`.";
        turns.push_back(std::move(turn));
    }
    return turns;
}

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    ThemeManager themes;
    FakeEngine engine;
    ChatWorkspace chat(engine.bridge(), themes);
    chat.resize(1280, 800);
    chat.show();
    engine.send(1, event::ModelOpened{sampleModel(), 0.1});
    engine.settle();

    const auto turns = std::make_shared<const std::vector<Turn>>(manyTurns());
    Conversation conversation;
    conversation.id = 1;
    conversation.current = kTurns;
    chat.openConversation(1);
    QElapsedTimer clock;
    clock.start();
    engine.send(engine.lastRequest(), event::ConversationOpened{conversation, turns});
    engine.settle();
    chat.grab();
    std::printf("open %d turns and paint: %lld ms (budget 300), %d turn widgets alive\n", kTurns,
                static_cast<long long>(clock.elapsed()), chat.transcript().aliveViews());

    for (QAction *action : chat.commands()) {
        if (action && action->objectName() == "chat.regenerate")
            action->trigger();
    }
    const RequestId request = engine.lastRequest();
    Turn reply;
    reply.conversation = 1;
    reply.parent = kTurns - 1;
    reply.role = Role::Assistant;
    engine.send(request, event::TurnStarted{1, {}, reply, 0, 0, 0});
    engine.settle();

    qint64 longest = 0;
    QElapsedTimer beat;
    beat.start();
    QTimer heart;
    QObject::connect(&heart, &QTimer::timeout, [&] { longest = std::max(longest, beat.restart()); });
    heart.start(1);
    bool done = false;
    std::thread writer([&] {
        for (int i = 0; i < kTokens; ++i) {
            const char *word = i % 97 == 96 ? "\n\n" : i % 11 == 0 ? " **geese**" : " goose";
            engine.send(request, event::TextAppended{1, word, {}, i, kTokensPerSecond});
            std::this_thread::sleep_for(std::chrono::microseconds(1'000'000 / kTokensPerSecond));
        }
        done = true;
    });
    clock.restart();
    while (!done || clock.elapsed() < 5200)
        QApplication::processEvents(QEventLoop::AllEvents, 20);
    writer.join();
    std::printf("%d tokens at %d/s: longest stall of the event loop %lld ms (budget 50)\n", kTokens,
                kTokensPerSecond, static_cast<long long>(longest));
    for (QDockWidget *dock : chat.docks())
        delete dock;
    return 0;
}
