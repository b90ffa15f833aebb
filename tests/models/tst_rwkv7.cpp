// RWKV-7 against numbers made by an independent implementation in float64, and against a model somebody
// trained.
#include "tests/models/golden_model.h"

using namespace volary;
using namespace volary::test;

class TestRwkv7 : public QObject {
    Q_OBJECT

private slots:
    void logitsAndStatesMatchTheGoldenData_data() { forEveryBackendAndChunk(); }
    void logitsAndStatesMatchTheGoldenData();
    void continuesFromTheMiddleOfTheGoldenData_data() { forEveryBackend(); }
    void continuesFromTheMiddleOfTheGoldenData();
    void startsFromATunedState_data() { forEveryBackend(); }
    void startsFromATunedState();
    void everyWayToCutATextGivesTheSameBits_data() { forFastBackends(); }
    void everyWayToCutATextGivesTheSameBits();
    void sequencesInOneRunEqualEachAlone_data() { forFastBackends(); }
    void sequencesInOneRunEqualEachAlone();
    void lastLogitsAreTheLastOfAllLogits();
    void trainedTinyModelAgreesWithItsAuthors_data() { forEveryBackend(); }
    void trainedTinyModelAgreesWithItsAuthors();
    void trainedModelReproducesItsCard_data() { forEveryBackend(); }
    void trainedModelReproducesItsCard();
};

void TestRwkv7::logitsAndStatesMatchTheGoldenData()
{
    QFETCH(QString, backend);
    QFETCH(int, chunk);
    checkLogitsAndStates("rwkv7", backend, chunk);
}

void TestRwkv7::continuesFromTheMiddleOfTheGoldenData()
{
    QFETCH(QString, backend);
    checkMiddle("rwkv7", backend);
}

void TestRwkv7::startsFromATunedState()
{
    QFETCH(QString, backend);
    checkTunedState("rwkv7", backend);
}

void TestRwkv7::everyWayToCutATextGivesTheSameBits()
{
    QFETCH(QString, backend);
    checkEveryCut("rwkv7", backend);
}

void TestRwkv7::sequencesInOneRunEqualEachAlone()
{
    QFETCH(QString, backend);
    checkSequencesTogether("rwkv7", backend);
    checkStepsTogether("rwkv7", backend);
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
    checkTinyModel("7v0-834K", backend);
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
