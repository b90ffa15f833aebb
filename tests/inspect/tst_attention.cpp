// The attention that is shown against the one that the engine computed.
#include "core/inspect/attention.h"
#include "core/models/floats.h"
#include "core/session/session.h"
#include "core/tensor/ops/attention.h"
#include "tests/models/golden_model.h"

#include <numeric>

using namespace volary;
using namespace volary::test;

namespace {

constexpr double kTolerance = 1e-4; // of what an attention read, relative to max(1, |value|)

struct Read {
    OpenedForTest test;
    SnapshotImage image;
};

// A golden model that has read `count` random tokens.
Result<Read> readRandomTokens(const QString &backend, int count, LoadOptions options = {})
{
    Read read;
    TRY(read.test, openForTest(dataFile("goldfinch") / "model.safetensors", makeBackendForTest(backend),
                               std::move(options)));
    TRY(Session session, Session::create(*read.test.runner, {}, {}));
    std::vector<TokenId> tokens;
    for (int i = 0; i < count; ++i)
        tokens.push_back(integer(0, kVocabulary - 1));
    TRY_(session.feed(tokens));
    TRY(read.image, session.snapshot());
    return read;
}

// What an attention with these weights reads: [H, N].
Result<std::vector<float>> readWith(const LayerAttention &layer, const AttentionProbe &probe,
                                    const State &state, Backend &backend)
{
    const auto index = std::size_t(probe.values);
    const auto T = std::size_t(state.length()), H = std::size_t(probe.heads), N = probe.query.size() / H;
    std::vector<std::byte> bytes(T * bytesPerRow(state.spec()[index]));
    const Tensor &tensor = state.tensors()[index];
    TRY_(backend.download(bytes, *tensor.buffer, tensor.offset));
    const std::vector<float> values = volary::toFloats(bytes, tensor.type);
    std::vector<float> read;
    for (std::size_t h = 0; h < H; ++h) {
        for (std::size_t c = 0; c < N; ++c) {
            double sum = 0;
            for (std::size_t i = 0; i < T; ++i)
                sum +=
                    double(layer.weights[h * T + i]) *
                    double(
                        values[(i * std::size_t(probe.keyHeads) + h * std::size_t(probe.keyHeads) / H) * N +
                               c]);
            read.push_back(float(sum));
        }
    }
    return read;
}

} // namespace

class TestAttention : public QObject {
    Q_OBJECT

private slots:
    void weightsReadWhatTheEngineRead_data() { forBackends({"reference", "cpu"}); }
    void weightsReadWhatTheEngineRead()
    {
        QFETCH(QString, backend);
        REQUIRE(Read read, readRandomTokens(backend, integer(1, 600)));
        Runner &runner = *read.test.runner;
        const std::size_t T = read.image.tokens.size();

        REQUIRE(const AttentionPicture picture, attentionAt(runner, read.image));

        REQUIRE(State state, runner.newState());
        QVERIFY(state.upload(read.image.state));
        REQUIRE(const auto probes, runner.probe(read.image.tokens.back(), state));
        QCOMPARE(picture.layers.size(), std::size_t(2));
        QCOMPARE(probes.size(), std::size_t(2));
        for (std::size_t l = 0; l < probes.size(); ++l) {
            const LayerAttention &layer = picture.layers[l];
            QCOMPARE(layer.layer, 4 + int(l));
            QCOMPARE(layer.weights.size(), std::size_t(layer.heads) * T);
            for (std::size_t h = 0; h < std::size_t(layer.heads); ++h) {
                const auto row = std::span(layer.weights).subspan(h * T, T);
                QVERIFY(std::abs(std::accumulate(row.begin(), row.end(), 0.0) - 1) < 1e-5);
            }
            REQUIRE(const auto expected, readWith(layer, probes[l], state, runner.backend()));
            const double difference = largestRelativeDifference(probes[l].read, expected);
            QVERIFY2(difference < kTolerance, qPrintable(QString::number(difference)));
        }
    }

    void lookingChangesNoBit_data() { forBackends({"reference", "cpu"}); }
    void lookingChangesNoBit()
    {
        QFETCH(QString, backend);
        REQUIRE(Read read, readRandomTokens(backend, integer(2, 300)));
        Runner &runner = *read.test.runner;
        const TokenId last = read.image.tokens.back();
        const auto logitsAfter = [&](bool probed) -> Result<std::vector<float>> {
            TRY(State state, runner.newState());
            TRY_(state.upload(read.image.state));
            const SequenceInput input{{&last, 1}, &state};
            if (probed) {
                TRY_(runner.probe(last, state));
            } else {
                TRY_(runner.run({&input, 1}, Want::LastLogits));
            }
            std::vector<float> logits(kVocabulary);
            TRY_(runner.readLogits(logits));
            return logits;
        };
        REQUIRE(const auto plain, logitsAfter(false));
        REQUIRE(const auto probed, logitsAfter(true));
        QVERIFY(plain == probed);
    }

    void aBudgetHidesNothing()
    {
        REQUIRE(Read all, readRandomTokens("cpu", 3 * kAttentionTile + integer(1, 100)));
        LoadOptions options;
        options.cacheBudget = 1; // as little as possible
        REQUIRE(const auto bounded, openForTest(dataFile("goldfinch") / "model.safetensors",
                                                makeBackendForTest("cpu"), std::move(options)));
        REQUIRE(const AttentionPicture whole, attentionAt(*all.test.runner, all.image));
        REQUIRE(const AttentionPicture same, attentionAt(*bounded.runner, all.image));
        QCOMPARE(whole.derivedKept, std::int64_t(whole.tokens.size()));
        QVERIFY(same.derivedKept < whole.derivedKept);
        for (std::size_t l = 0; l < whole.layers.size(); ++l)
            QVERIFY(whole.layers[l].weights == same.layers[l].weights);
    }

    void meansAndCostsAreThoseOfTheModel()
    {
        REQUIRE(Read read, readRandomTokens("cpu", integer(2, 50)));
        REQUIRE(const AttentionPicture picture, attentionAt(*read.test.runner, read.image));
        const auto one = picture.mean(5, 1);
        for (std::size_t i = 0; i < one.size(); ++i)
            QCOMPARE(float(one[i]), picture.layers[1].weights[one.size() + i]);
        const auto all = picture.mean(-1, -1);
        QVERIFY(std::abs(std::accumulate(all.begin(), all.end(), 0.0) - 1) < 1e-5);
        QCOMPARE(picture.latentWidth, 8);
        QCOMPARE(picture.latents.size(), 8 * (picture.tokens.size() - 1));
        QCOMPARE(picture.savedBytesPerToken, std::size_t(4 * 8 + 4));
        QCOMPARE(picture.derivedBytesPerToken, std::size_t(2 * 2 * 128 * 4)); // two layers, float32
        QCOMPARE(picture.ordinaryBytesPerToken, std::size_t(2 * 6 * 128 * 2));
    }

    void canBeCancelledAndNeedsAttention()
    {
        REQUIRE(Read read, readRandomTokens("cpu", 5));
        const auto stopped = attentionAt(*read.test.runner, read.image, [](double) { return false; });
        QVERIFY(!stopped);
        QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
        REQUIRE(const auto recurrent, openForTest(bundledModel() / "model.gguf", makeBackendForTest("cpu")));
        const auto none = attentionAt(*recurrent.runner, read.image);
        QVERIFY(!none);
        QCOMPARE(none.error().code, ErrorCode::Unsupported);
    }
};

QTEST_GUILESS_MAIN(TestAttention)
#include "tst_attention.moc"
