// GGUF files give the logits of the models they were made from.
#include "core/engine/model_files.h"
#include "core/models/model_file.h"
#include "core/session/session.h"
#include "tests/models/golden_model.h"

using namespace volary;
using namespace volary::test;

namespace {

struct Source {
    const char *file;
    const char *expected; // where its logits are
    const char *tokens;
    const char *tokensKey;
    const char *architecture;
    double tolerance;
};

// The quantised models were evaluated in float64 from the numbers their blocks stand for.
constexpr Source kSources[]{
    {"formats/gguf/rwkv7-q8_0.gguf", "formats/gguf/rwkv7-q8_0.expected.safetensors", "rwkv7/tokens.json",
     "tokens", "rwkv7", kLogitTolerance},
    {"formats/gguf/rwkv7-bf16.gguf", "rwkv7/expected.safetensors", "rwkv7/tokens.json", "tokens", "rwkv7",
     kLogitTolerance},
    {"formats/gguf/rwkv6-q8_0.gguf", "formats/gguf/rwkv6-q8_0.expected.safetensors", "rwkv6/tokens.json",
     "tokens", "rwkv6", kLogitTolerance},
    {"arwkv7/gate-nonorm/model.gguf", "arwkv7/gate-nonorm/expected.safetensors",
     "arwkv7/gate-nonorm/tokens.json", "prompt_ids", "arwkv7", 2e-4},
    {"qrwkv6/qrwkv6-preview/model.gguf", "qrwkv6/qrwkv6-preview/expected.safetensors",
     "qrwkv6/qrwkv6-preview/tokens.json", "prompt_ids", "qrwkv6", 2e-4},
};

} // namespace

class TestGgufModels : public QObject {
    Q_OBJECT

private slots:
    void logitsAreThoseOfTheModel_data();
    void logitsAreThoseOfTheModel();
    void vocabularyInsideTheFileIsUsed();
    void bytePairsInsideTheFileAreUsed();
    void readingInPiecesGivesTheSameBits();
};

void TestGgufModels::logitsAreThoseOfTheModel_data()
{
    QTest::addColumn<int>("source");
    QTest::addColumn<QString>("backend");
    for (int i = 0; i < int(std::size(kSources)); ++i)
        for (const char *backend : {"reference", "cpu", "vulkan"})
            QTest::addRow("%s, %s", kSources[i].file, backend) << i << backend;
}

void TestGgufModels::logitsAreThoseOfTheModel()
{
    QFETCH(int, source);
    QFETCH(QString, backend);
    SKIP_WITHOUT(backend);
    const Source &s = kSources[source];
    const auto path = goldenPath(s.file), expectedAt = goldenPath(s.expected),
               tokensAt = goldenPath(s.tokens);
    for (const char *name : {s.file, s.expected, s.tokens})
        SKIP_WITHOUT_GOLDEN(name);
    REQUIRE(const auto test, openForTest(*path, makeBackendForTest(backend)));
    QCOMPARE(test.opened.model->info().architecture, std::string(s.architecture));
    REQUIRE(const Golden golden, Golden::read(*expectedAt));
    REQUIRE(const auto tokens, readTokens(*tokensAt, s.tokensKey));
    REQUIRE(State state, test.runner->newState());

    REQUIRE(const auto logits, allLogits(*test.runner, state, tokens, 64));

    const double difference = largestDifference(logits, golden.floats("logits"));
    qInfo("logits differ by %.2g", difference);
    QVERIFY2(difference <= s.tolerance, qPrintable(QString::number(difference)));
}

void TestGgufModels::vocabularyInsideTheFileIsUsed()
{
    SKIP_WITHOUT_GOLDEN("formats/gguf/rwkv7-q8_0.gguf");
    const auto path = goldenPath("formats/gguf/rwkv7-q8_0.gguf");
    REQUIRE(const ModelFile file, openModelFile(*path));
    QVERIFY(file.gguf);
    REQUIRE(const auto vocabulary, findVocabulary(*path, file.gguf.get(), {}, 512));
    QCOMPARE(vocabulary->kind(), std::string_view("rwkv-world"));
    std::string every;
    for (int byte = 0; byte < 256; ++byte)
        every += char(byte);
    every += "plain text, it's \"quoted\" \\ and 中文";
    QCOMPARE(vocabulary->decode(vocabulary->encode(every)), every);
    QVERIFY(!vocabulary->isDefined(511) || !vocabulary->bytes(511).empty());
}

void TestGgufModels::bytePairsInsideTheFileAreUsed()
{
    SKIP_WITHOUT_GOLDEN("arwkv7/gate-nonorm/model.gguf");
    const auto path = goldenPath("arwkv7/gate-nonorm/model.gguf");
    REQUIRE(const ModelFile file, openModelFile(*path));
    REQUIRE(const auto vocabulary, findVocabulary(*path, file.gguf.get(), {}, 320));
    QCOMPARE(vocabulary->kind(), std::string_view("bpe"));
    const std::string text = "!( some # . marks, and 中文";
    QCOMPARE(vocabulary->decode(vocabulary->encode(text)), text);
    QVERIFY(!findVocabulary(*path, file.gguf.get(), {}, 200)); // more tokens than rows
}

void TestGgufModels::readingInPiecesGivesTheSameBits()
{
    REQUIRE(const auto test, openForTest(bundledModel() / "model.gguf", makeBackendForTest("cpu")));
    REQUIRE(const auto tokens, readTokens(dataFile("rwkv7/tokens.json")));
    REQUIRE(State whole, test.runner->newState());
    REQUIRE(State pieces, test.runner->newState());
    REQUIRE(const auto expected, allLogits(*test.runner, whole, tokens, tokens.size()));
    REQUIRE(const auto got, allLogits(*test.runner, pieces, tokens, std::size_t(integer(1, 9))));
    QVERIFY(got == expected);
}

QTEST_GUILESS_MAIN(TestGgufModels)
#include "tst_gguf_models.moc"
