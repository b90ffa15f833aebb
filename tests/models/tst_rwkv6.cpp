// RWKV-6 against numbers made by an independent implementation in float64.
#include "tests/models/golden_model.h"
#include "tests/models/rwkv_cpp_copy.h"

using namespace volary;
using namespace volary::test;

class TestRwkv6 : public QObject {
    Q_OBJECT

private slots:
    void isRecognised();
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
    void rwkvCppFileGivesTheSameLogits();
};

void TestRwkv6::everyWayToCutATextGivesTheSameBits()
{
    QFETCH(QString, backend);
    checkEveryCut("rwkv6", backend);
}

void TestRwkv6::sequencesInOneRunEqualEachAlone()
{
    QFETCH(QString, backend);
    checkSequencesTogether("rwkv6", backend);
    checkStepsTogether("rwkv6", backend);
}

void TestRwkv6::isRecognised()
{
    REQUIRE(const auto test, openForTest(dataFile("rwkv6/model.pth"), makeReferenceBackend()));
    const ModelInfo &info = test.opened.model->info();

    QCOMPARE(info.architecture, std::string("rwkv6"));
    QCOMPARE(info.heads, 2);
    QCOMPARE(info.headSize, 64);
    QCOMPARE(info.hidden, 448);
    QVERIFY(test.opened.weights.unused.empty());
}

void TestRwkv6::logitsAndStatesMatchTheGoldenData()
{
    QFETCH(QString, backend);
    QFETCH(int, chunk);
    checkLogitsAndStates("rwkv6", backend, chunk);
}

void TestRwkv6::continuesFromTheMiddleOfTheGoldenData()
{
    QFETCH(QString, backend);
    checkMiddle("rwkv6", backend);
}

void TestRwkv6::startsFromATunedState()
{
    QFETCH(QString, backend);
    checkTunedState("rwkv6", backend);
}

void TestRwkv6::rwkvCppFileGivesTheSameLogits()
{
    checkRwkvCppCopy("rwkv6", [](const std::string &name, Converted &tensor) {
        if (name == "att.time_maa_w1" || name == "att.time_maa_w2" || name == "att.time_decay_w1" ||
            name == "att.time_decay_w2")
            tensor.transpose();
        if (name == "att.time_decay" || name == "att.time_faaaa")
            tensor.shape = {2, 64, 1};
    });
}

QTEST_GUILESS_MAIN(TestRwkv6)
#include "tst_rwkv6.moc"
