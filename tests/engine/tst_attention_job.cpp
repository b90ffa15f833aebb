// The attention of a stored turn, asked of a running engine.
#include "tests/engine/harness.h"

#include <QTemporaryDir>
#include <QTest>

#include <numeric>

using namespace volary;
using namespace volary::test;

namespace {

GenerationSettings greedy()
{
    GenerationSettings settings;
    settings.sampler.seed = 1;
    settings.sampler.temperature = 0;
    settings.maxTokens = 20;
    return settings;
}

} // namespace

class TestAttentionJob : public QObject {
    Q_OBJECT

private slots:
    void aTurnShowsWhatItsLastTokenLooksAt()
    {
        QTemporaryDir folder;
        Harness harness(folder.filePath("library.db").toStdString());
        QVERIFY(harness.openModel(bundledModel("goldfinch-tiny")));
        const ConversationId conversation = harness.newConversation();
        const auto finished = harness.ask<event::TurnFinished>(
            command::SendMessage{conversation, {}, "Repeat these words: lantern, river, turtle.", greedy()});
        QVERIFY(finished);
        const SnapshotId snapshot = *finished->reply.snapshot;
        const auto stored = harness.ask<event::SnapshotInspected>(command::InspectSnapshot{snapshot});
        QVERIFY(stored);

        const RequestId request = harness.engine().post(command::ShowAttention{snapshot});

        QVERIFY(harness.wait<event::AttentionProgress>(request));
        const auto shown = harness.wait<event::AttentionShown>(request);
        QVERIFY(shown);
        QCOMPARE(shown->snapshot, snapshot);
        QVERIFY(shown->picture->tokens == stored->image->tokens);
        QVERIFY(!shown->picture->layers.empty());
        const auto mean = shown->picture->mean(-1, -1);
        QVERIFY(std::abs(std::accumulate(mean.begin(), mean.end(), 0.0) - 1) < 1e-4);
        // Looking has moved nothing.
        const auto again = harness.ask<event::SnapshotInspected>(command::InspectSnapshot{snapshot});
        QVERIFY(again);
        for (std::size_t i = 0; i < stored->image->state.size(); ++i)
            QVERIFY(*again->image->state[i].bytes == *stored->image->state[i].bytes);

        // Of a model that is not open, the reason is told.
        QVERIFY(harness.openModel());
        const auto refused = harness.ask<event::CommandFailed>(command::ShowAttention{snapshot});
        QVERIFY(refused);
        QCOMPARE(refused->error.code, ErrorCode::Mismatch);
    }

    void withoutAModelTheReasonIsTold()
    {
        QTemporaryDir folder;
        Harness harness(folder.filePath("library.db").toStdString());
        const auto refused = harness.ask<event::CommandFailed>(command::ShowAttention{1});
        QVERIFY(refused);
        QCOMPARE(refused->error.code, ErrorCode::NotFound);
    }
};

QTEST_GUILESS_MAIN(TestAttentionJob)
#include "tst_attention_job.moc"
