// The bridge: events of the engine's threads become signals on the UI thread, in order, and text in portions.
#include "fake_engine.h"

#include <QElapsedTimer>
#include <QTest>
#include <QThread>

#include <thread>

using namespace volary;
using namespace volary::ui;

namespace {

constexpr int kFlood = 100'000;

event::TextAppended text(ConversationId conversation, std::string words, std::int64_t tokens = 1)
{
    return {conversation, std::move(words), {}, tokens, 0};
}

event::TurnFinished finished(ConversationId conversation)
{
    return {conversation, {}, event::FinishReason::Stop};
}

} // namespace

class TestEngineBridge : public QObject {
    Q_OBJECT

private slots:
    void commandsReachTheEngineWithTheirNumber()
    {
        FakeEngine engine;

        const RequestId first = engine.bridge().post(command::Search{"goose"});
        const RequestId second = engine.bridge().post(command::CloseModel{});
        engine.bridge().cancel(second);

        QVERIFY(first != second);
        QCOMPARE(engine.last<command::Search>()->words, std::string("goose"));
        QCOMPARE(engine.cancelled, std::vector<RequestId>{second});
    }

    void floodFromAnotherThreadArrivesWholeAndInFewPortions()
    {
        FakeEngine engine;
        std::string received;
        int portions = 0;
        bool done = false;
        std::int64_t lastTokens = 0;
        connect(&engine.bridge(), &EngineBridge::textAppended, this,
                [&](RequestId, const event::TextAppended &appended) {
                    QCOMPARE(QThread::currentThread(), qApp->thread());
                    received += appended.text;
                    lastTokens = appended.tokens;
                    ++portions;
                });
        connect(&engine.bridge(), &EngineBridge::turnFinished, this, [&] { done = true; });
        QElapsedTimer clock;
        clock.start();

        std::thread writer([&engine] {
            for (int i = 0; i < kFlood; ++i)
                engine.send(7, text(1, std::to_string(i % 10), i + 1));
            engine.send(7, finished(1));
        });
        QTRY_VERIFY_WITH_TIMEOUT(done, 60'000);
        writer.join();

        std::string expected;
        for (int i = 0; i < kFlood; ++i)
            expected += char('0' + i % 10);
        QVERIFY(received == expected);
        QCOMPARE(lastTokens, std::int64_t(kFlood));
        const auto atMost = clock.elapsed() / EngineBridge::kDrainMs + 2;
        QVERIFY2(portions <= atMost, qPrintable(QStringLiteral("%1 portions").arg(portions)));
    }

    void textComesBeforeTheEndOfItsTurn()
    {
        FakeEngine engine;
        QStringList order;
        connect(&engine.bridge(), &EngineBridge::textAppended, this,
                [&](RequestId, const event::TextAppended &e) { order << QString::fromStdString(e.text); });
        connect(&engine.bridge(), &EngineBridge::turnFinished, this, [&] { order << "finished"; });

        engine.send(1, text(1, "one "));
        engine.send(1, text(1, "two"));
        engine.send(1, finished(1));
        engine.settle();

        QCOMPARE(order, QStringList({"one two", "finished"}));
    }

    void textOfTwoConversationsIsNotMixed()
    {
        FakeEngine engine;
        QStringList order;
        connect(&engine.bridge(), &EngineBridge::textAppended, this,
                [&](RequestId request, const event::TextAppended &e) {
                    order << QStringLiteral("%1/%2 %3")
                                 .arg(request)
                                 .arg(e.conversation)
                                 .arg(QString::fromStdString(e.text));
                });

        engine.send(1, text(10, "a"));
        engine.send(2, text(20, "x"));
        engine.send(1, text(10, "b"));
        engine.send(1, text(10, "c"));
        engine.settle();

        QCOMPARE(order, QStringList({"1/10 a", "2/20 x", "1/10 bc"}));
    }

    void tracesOfMergedTextAreKept()
    {
        FakeEngine engine;
        std::vector<TokenId> tokens;
        connect(&engine.bridge(), &EngineBridge::textAppended, this,
                [&](RequestId, const event::TextAppended &e) {
                    for (const TokenTrace &trace : e.traces)
                        tokens.push_back(trace.token);
                });

        for (TokenId token = 5; token < 8; ++token)
            engine.send(1, event::TextAppended{1, "x", {{token, {}}}, token, 0});
        engine.settle();

        QCOMPARE(tokens, (std::vector<TokenId>{5, 6, 7}));
    }

    void urgentEventsDoNotWaitForTheTimer()
    {
        FakeEngine engine;
        bool failed = false;
        connect(&engine.bridge(), &EngineBridge::commandFailed, this, [&] { failed = true; });

        engine.send(1, text(1, "held back"));
        engine.send(2, event::CommandFailed{"Renaming", Error{ErrorCode::Io, "disk", ""}});
        QCoreApplication::sendPostedEvents(&engine.bridge());

        QVERIFY(failed);
    }

    void orderHoldsWhenASlotRunsAnEventLoop()
    {
        FakeEngine engine;
        QStringList order;
        connect(&engine.bridge(), &EngineBridge::exported, this, [&] {
            order << "dialog";
            engine.send(3, event::ModelClosed{});
            QCoreApplication::processEvents();
        });
        connect(&engine.bridge(), &EngineBridge::libraryOpened, this, [&] { order << "second"; });
        connect(&engine.bridge(), &EngineBridge::modelClosed, this, [&] { order << "third"; });

        engine.send(1, event::Exported{});
        engine.send(2, event::LibraryOpened{});
        engine.settle();

        QCOMPARE(order, QStringList({"dialog", "second", "third"}));
    }

    void theOpenModelIsRememberedUntilItIsClosed()
    {
        FakeEngine engine;
        engine.send(1, event::ModelOpened{sampleModel(), 0.1});
        engine.settle();
        QVERIFY(engine.bridge().model());
        QCOMPARE(engine.bridge().model()->info.layers, 2);

        engine.send(2, event::ModelClosed{});
        engine.settle();
        QVERIFY(!engine.bridge().model());
    }
};

QTEST_MAIN(TestEngineBridge)
#include "tst_engine_bridge.moc"
