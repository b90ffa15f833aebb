// RWKV-7 against numbers made by an independent implementation in float64, and against a model somebody
// trained.
#include "core/base/half.h"
#include "kernels/cpu/backend.h"
#include "kernels/reference/backend.h"
#include "tests/support/backends.h"
#include "tests/support/golden.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace volary;
using namespace volary::test;

namespace {

// What the golden data's README asks of a float32 evaluation is 1e-4; the issue that ordered this allows
// 2e-4.
constexpr double kLogitTolerance = 1e-4;
constexpr double kStateTolerance = 2e-4; // relative to max(1, |value|)

void forEveryBackend()
{
    QTest::addColumn<QString>("backend");
    QTest::newRow("reference") << "reference";
    QTest::newRow("cpu") << "cpu";
    QTest::newRow("cuda") << "cuda";
}

// Compares a state with "<prefix>.<layer>.att_shift", ".wkv" and ".ffn_shift".
double stateDifference(const State &state, const Golden &golden, const std::string &prefix)
{
    const auto images = state.download();
    if (!images)
        return INFINITY;
    double largest = 0;
    for (const TensorImage &image : images.value()) {
        const char *part = image.spec.role == StateRole::Wkv              ? ".wkv"
                           : image.spec.role == StateRole::AttentionShift ? ".att_shift"
                                                                          : ".ffn_shift";
        const auto expected = golden.floats(prefix + "." + std::to_string(image.spec.layer) + part);
        largest = std::max(largest, largestRelativeDifference(toFloats(image), expected));
    }
    return largest;
}

} // namespace

class TestRwkv7 : public QObject {
    Q_OBJECT

private slots:
    void logitsAndStatesMatchTheGoldenData_data();
    void logitsAndStatesMatchTheGoldenData();
    void continuesFromTheMiddleOfTheGoldenData_data() { forEveryBackend(); }
    void continuesFromTheMiddleOfTheGoldenData();
    void startsFromATunedState_data() { forEveryBackend(); }
    void startsFromATunedState();
    void everyWayToCutATextGivesTheSameBits();
    void sequencesInOneRunEqualEachAlone();
    void lastLogitsAreTheLastOfAllLogits();
    void trainedTinyModelAgreesWithItsAuthors_data() { forEveryBackend(); }
    void trainedTinyModelAgreesWithItsAuthors();
    void trainedModelReproducesItsCard_data() { forEveryBackend(); }
    void trainedModelReproducesItsCard();
};

void TestRwkv7::logitsAndStatesMatchTheGoldenData_data()
{
    QTest::addColumn<QString>("backend");
    QTest::addColumn<int>("chunk");
    for (const QString &backend : {QString("reference"), QString("cpu"), QString("cuda")}) {
        for (const int chunk : {1, 7, 64, 96})
            QTest::addRow("%s, chunks of %d", qPrintable(backend), chunk) << backend << chunk;
    }
}

void TestRwkv7::logitsAndStatesMatchTheGoldenData()
{
    QFETCH(QString, backend);
    QFETCH(int, chunk);
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(dataFile("rwkv7/model.pth"), makeBackendForTest(backend)));
    REQUIRE(const Golden golden, Golden::read(dataFile("rwkv7/expected.safetensors")));
    REQUIRE(const auto tokens, readTokens(dataFile("rwkv7/tokens.json")));
    REQUIRE(State state, test.runner->newState());

    REQUIRE(const auto logits, allLogits(*test.runner, state, tokens, std::size_t(chunk)));

    const double difference = largestDifference(logits, golden.floats("logits"));
    const double stateError = stateDifference(state, golden, "final");
    qInfo("logits differ by %.2g, states by %.2g", difference, stateError);
    QVERIFY2(difference <= kLogitTolerance, qPrintable(QString::number(difference)));
    QVERIFY2(stateError <= kStateTolerance, qPrintable(QString::number(stateError)));
}

void TestRwkv7::continuesFromTheMiddleOfTheGoldenData()
{
    QFETCH(QString, backend);
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(dataFile("rwkv7/model.pth"), makeBackendForTest(backend)));
    REQUIRE(const Golden golden, Golden::read(dataFile("rwkv7/expected.safetensors")));
    REQUIRE(const auto tokens, readTokens(dataFile("rwkv7/tokens.json")));
    REQUIRE(State state, test.runner->newState());
    REQUIRE(auto images, state.download());
    for (TensorImage &image : images) {
        const char *part = image.spec.role == StateRole::Wkv              ? ".wkv"
                           : image.spec.role == StateRole::AttentionShift ? ".att_shift"
                                                                          : ".ffn_shift";
        const auto values = golden.floats("mid." + std::to_string(image.spec.layer) + part);
        const auto bytes = std::as_bytes(std::span(values));
        image.bytes = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
    }
    VERIFY_OK(state.upload(images));

    REQUIRE(const auto logits, allLogits(*test.runner, state, std::span(tokens).subspan(48), 64));

    const auto expected = golden.floats("logits");
    const std::size_t half = expected.size() / 2;
    QVERIFY(largestDifference(logits, std::span(expected).subspan(half)) <= kLogitTolerance);
    QVERIFY(stateDifference(state, golden, "final") <= kStateTolerance);
}

void TestRwkv7::startsFromATunedState()
{
    QFETCH(QString, backend);
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(dataFile("rwkv7/model.pth"), makeBackendForTest(backend)));
    REQUIRE(const Golden golden, Golden::read(dataFile("rwkv7/expected.safetensors")));
    REQUIRE(const auto tokens, readTokens(dataFile("rwkv7/tokens.json")));
    REQUIRE(const auto tuned, openTensorFile(dataFile("rwkv7/time_state.pth")));
    VERIFY_OK(test.runner->startFrom(*tuned));
    REQUIRE(State state, test.runner->newState());

    const auto expected = golden.floats("logits_time_state");
    const std::size_t count = expected.size() / std::size_t(test.runner->model().info().vocabulary);
    REQUIRE(const auto logits, allLogits(*test.runner, state, std::span(tokens).first(count), 32));

    QVERIFY(largestDifference(logits, expected) <= kLogitTolerance);
}

void TestRwkv7::everyWayToCutATextGivesTheSameBits()
{
    REQUIRE(const auto test, openForTest(dataFile("rwkv7/model.pth"), makeCpuBackend(2)));
    std::vector<TokenId> tokens(200);
    for (TokenId &token : tokens)
        token = integer(0, 511);
    REQUIRE(State whole, test.runner->newState());
    REQUIRE(const auto expected, allLogits(*test.runner, whole, tokens, tokens.size()));

    for (int round = 0; round < 8; ++round) {
        REQUIRE(State state, test.runner->newState());
        std::vector<float> logits;
        for (std::size_t at = 0; at < tokens.size();) {
            const auto piece = std::min(tokens.size() - at, std::size_t(integer(1, 70)));
            REQUIRE(const auto part,
                    allLogits(*test.runner, state, std::span(tokens).subspan(at, piece), piece));
            logits.insert(logits.end(), part.begin(), part.end());
            at += piece;
        }
        QVERIFY(logits == expected);
    }
}

void TestRwkv7::sequencesInOneRunEqualEachAlone()
{
    REQUIRE(const auto test, openForTest(dataFile("rwkv7/model.pth"), makeCpuBackend(2)));
    Runner &runner = *test.runner;
    std::vector<std::vector<TokenId>> texts;
    std::vector<State> states;
    std::vector<SequenceInput> inputs;
    for (const int length : {1, 17, 40}) {
        auto &text = texts.emplace_back(std::size_t(length));
        for (TokenId &token : text)
            token = integer(0, 511);
        REQUIRE(State state, runner.newState());
        states.push_back(std::move(state));
    }
    for (std::size_t b = 0; b < texts.size(); ++b)
        inputs.push_back({texts[b], &states[b]});
    VERIFY_OK(runner.run(inputs, Want::LastLogits));
    const auto vocabulary = std::size_t(runner.model().info().vocabulary);
    std::vector<float> together(texts.size() * vocabulary);
    VERIFY_OK(runner.readLogits(together));

    for (std::size_t b = 0; b < texts.size(); ++b) {
        REQUIRE(State state, runner.newState());
        REQUIRE(const auto alone, allLogits(runner, state, texts[b], texts[b].size()));
        const std::span<const float> last = std::span(alone).last(vocabulary);
        QVERIFY(std::ranges::equal(std::span(together).subspan(b * vocabulary, vocabulary), last));
        REQUIRE(const auto expected, state.download());
        REQUIRE(const auto got, states[b].download());
        for (std::size_t i = 0; i < expected.size(); ++i)
            QVERIFY(*got[i].bytes == *expected[i].bytes);
    }
}

void TestRwkv7::lastLogitsAreTheLastOfAllLogits()
{
    REQUIRE(const auto test, openForTest(dataFile("rwkv7/model.pth"), makeCpuBackend(2)));
    REQUIRE(const auto tokens, readTokens(dataFile("rwkv7/tokens.json")));
    REQUIRE(State all, test.runner->newState());
    REQUIRE(const auto expected, allLogits(*test.runner, all, tokens, tokens.size()));

    REQUIRE(State state, test.runner->newState());
    const SequenceInput reading{std::span(tokens).first(95), &state};
    VERIFY_OK(test.runner->run({&reading, 1}, Want::StateOnly));
    const SequenceInput last{std::span(tokens).last(1), &state};
    VERIFY_OK(test.runner->run({&last, 1}, Want::LastLogits));
    std::vector<float> logits(512);
    VERIFY_OK(test.runner->readLogits(logits));

    QVERIFY(std::ranges::equal(logits, std::span(expected).last(512)));
}

void TestRwkv7::trainedTinyModelAgreesWithItsAuthors()
{
    QFETCH(QString, backend);
    const auto model = sharedFile("models/rwkv.cpp-tiny/tiny-rwkv-7v0-834K-FP32.bin");
    const auto expectedFile = sharedFile("models/rwkv.cpp-tiny/expected-logits-7v0-834K.bin");
    if (!model || !expectedFile)
        QSKIP("the trained model of rwkv.cpp is not here (it belongs to another project)");
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(*model, makeBackendForTest(backend)));
    REQUIRE(const std::string bytes, readFile(*expectedFile, 1 << 16));
    std::vector<float> expected(bytes.size() / sizeof(float));
    std::memcpy(expected.data(), bytes.data(), bytes.size());
    const std::vector<TokenId> tokens{'"', 'i', 'n'};

    for (const std::size_t chunk : {1, 3}) {
        REQUIRE(State state, test.runner->newState());
        REQUIRE(const auto logits, allLogits(*test.runner, state, tokens, chunk));
        const auto last = std::span(logits).last(256);

        QVERIFY(largestDifference(last, expected) <= 5e-4);
        double sum = 0; // what the authors' own test looks at
        for (std::size_t i = 0; i < expected.size(); ++i)
            sum += double(last[i]) - double(expected[i]);
        QVERIFY(std::abs(sum) <= 1.05e-3);
    }
}

void TestRwkv7::trainedModelReproducesItsCard()
{
    QFETCH(QString, backend);
    const auto model = sharedFile("models/goose-tiny/model.safetensors");
    if (!model)
        QSKIP("goose-tiny is not here in 16 bits (the bundled one has 8)");
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(*model, makeBackendForTest(backend)));
    REQUIRE(const Golden golden, Golden::read(model->parent_path() / "expected.safetensors"));
    const auto vocabulary = std::size_t(test.runner->model().info().vocabulary);

    for (const std::string prompt : {"prompt0", "prompt1"}) {
        std::vector<TokenId> tokens;
        for (const TokenId id : golden.integers(prompt + ".ids"))
            tokens.push_back(id);
        REQUIRE(State state, test.runner->newState());
        REQUIRE(auto logits, allLogits(*test.runner, state, tokens, Runner::kMaxRows));
        QVERIFY(largestDifference(logits, golden.floats(prompt + ".logits")) <= 1e-3);

        REQUIRE(const auto images, state.download());
        std::map<StateRole, std::vector<float>> got; // layer after layer, as the card stores them
        for (const TensorImage &image : images) {
            const auto numbers = toFloats(image);
            got[image.spec.role].insert(got[image.spec.role].end(), numbers.begin(), numbers.end());
        }
        QVERIFY(largestRelativeDifference(got[StateRole::Wkv], golden.floats(prompt + ".state_wkv")) <= 1e-3);
        QVERIFY(largestRelativeDifference(got[StateRole::AttentionShift],
                                          golden.floats(prompt + ".state_att_shift")) <= 1e-3);
        QVERIFY(largestRelativeDifference(got[StateRole::FeedForwardShift],
                                          golden.floats(prompt + ".state_ffn_shift")) <= 1e-3);

        for (const TokenId expected : golden.integers(prompt + ".greedy")) {
            const auto last = std::span(logits).last(vocabulary);
            const TokenId best = TokenId(std::ranges::max_element(last) - last.begin());
            QCOMPARE(best, expected);
            REQUIRE(logits, allLogits(*test.runner, state, {&best, 1}, 1));
        }
    }
}

QTEST_GUILESS_MAIN(TestRwkv7)
#include "tst_rwkv7.moc"
