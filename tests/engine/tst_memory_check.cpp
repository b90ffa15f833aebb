// Models that do not fit are refused before they are read.
#include "core/engine/loaded_model.h"
#include "core/engine/memory_check.h"
#include "core/models/model_file.h"
#include "kernels/cpu/backend.h"
#include "tests/engine/harness.h"
#include "tests/support/golden.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace volary;
using namespace volary::test;

class TestMemoryCheck : public QObject {
    Q_OBJECT

private slots:
    void estimatesAreWhatIsTaken_data();
    void estimatesAreWhatIsTaken();
    void modelsThatDoNotFitAreRefusedWithWhatWould();
    void theSystemSaysWhatIsFree();
};

void TestMemoryCheck::estimatesAreWhatIsTaken_data()
{
    QTest::addColumn<QString>("model");
    QTest::addColumn<int>("type");
    for (const char *model : {"rwkv4/model.pth", "rwkv7/model.pth", "goldfinch/model.safetensors", "gguf"}) {
        for (const int type : {-1, int(DType::F32), int(DType::F16), int(DType::Q8_0)})
            QTest::newRow(qPrintable(QString("%1 %2").arg(model).arg(type))) << QString(model) << type;
    }
}

void TestMemoryCheck::estimatesAreWhatIsTaken()
{
    QFETCH(QString, model);
    QFETCH(int, type);
    const auto backend = makeCpuBackend(1);
    const auto path = model == "gguf" ? bundledModel() / "model.gguf" : dataFile(model.toStdString());
    REQUIRE(const ModelFile file, openModelFile(path));
    LoadOptions options;
    if (type >= 0)
        options.weightType = DType(type);
    const auto estimated = double(estimateWeightBytes(*file.tensors, options.weightType, *backend));
    REQUIRE(const OpenedModel opened, openModel(*file.tensors, *backend, options));
    const auto taken = double(opened.weights.weightBytes);
    QVERIFY2(estimated > 0.85 * taken && estimated < 1.2 * taken,
             qPrintable(QString("%1 for %2").arg(estimated).arg(taken)));
}

void TestMemoryCheck::modelsThatDoNotFitAreRefusedWithWhatWould()
{
    const auto backend = makeCpuBackend(1);
    REQUIRE(const ModelFile file, openModelFile(dataFile("rwkv7/model.pth")));
    const std::uint64_t reserve = std::uint64_t(256) << 20;
    const std::uint64_t whole = estimateWeightBytes(*file.tensors, {}, *backend) + reserve;
    VERIFY_OK(checkMemory(*file.tensors, {}, *backend, whole));

    const auto tight = checkMemory(*file.tensors, {}, *backend, whole - 1);
    QVERIFY(!tight);
    QVERIFY(tight.error().code == ErrorCode::OutOfMemory);
    QVERIFY2(tight.error().remedy.find("q8_0") != std::string::npos, tight.error().remedy.c_str());

    const auto hopeless = checkMemory(*file.tensors, {}, *backend, 1000);
    QVERIFY(!hopeless);
    QVERIFY(hopeless.error().remedy.find("smaller model") != std::string::npos);
}

void TestMemoryCheck::theSystemSaysWhatIsFree()
{
    const auto free = availableMemory();
    QVERIFY(free && *free > 0);
}

QTEST_GUILESS_MAIN(TestMemoryCheck)
#include "tst_memory_check.moc"
