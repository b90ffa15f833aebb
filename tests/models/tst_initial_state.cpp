// Tuned initial states that do not fit. Those that do are held to golden data with their architectures.
#include "core/io/safetensors_writer.h"
#include "tests/models/golden_model.h"

#include <QTemporaryDir>

using namespace volary;
using namespace volary::test;

class TestInitialState : public QObject {
    Q_OBJECT

private slots:
    void oneThatDoesNotFitIsRefusedByName_data();
    void oneThatDoesNotFitIsRefusedByName();
};

void TestInitialState::oneThatDoesNotFitIsRefusedByName_data()
{
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("damage");
    QTest::addColumn<QString>("named");
    QTest::newRow("a block missing") << "rwkv7"
                                     << "missing"
                                     << "blocks.1.att.time_state";
    QTest::newRow("other heads") << "rwkv6"
                                 << "shape"
                                 << "blocks.0.att.time_state";
    QTest::newRow("integers") << "rwkv7"
                              << "type"
                              << "blocks.0.att.time_state";
    QTest::newRow("something else besides") << "rwkv5.2"
                                            << "more"
                                            << "emb.weight";
    QTest::newRow("a model without matrices") << "rwkv4"
                                              << ""
                                              << "no matrices";
}

void TestInitialState::oneThatDoesNotFitIsRefusedByName()
{
    QFETCH(QString, model);
    QFETCH(QString, damage);
    QFETCH(QString, named);
    REQUIRE(const auto test,
            openForTest(dataFile(model.toStdString() + "/model.pth"), makeReferenceBackend()));
    const ModelInfo &info = test.opened.model->info();
    const std::int64_t N = std::max(info.headSize, 1), H = std::max(info.heads, 1);
    const std::vector<float> zeros(std::size_t(H * N * N));
    std::vector<TensorToWrite> tensors;
    for (int layer = 0; layer < info.layers; ++layer) {
        TensorToWrite tensor{"blocks." + std::to_string(layer) + ".att.time_state",
                             DType::F32,
                             {H, N, N},
                             std::as_bytes(std::span(zeros))};
        if (damage == "shape")
            tensor.shape = {H * 2, N / 2, N};
        if (damage == "type")
            tensor.type = DType::I32;
        if (damage != "missing" || layer != 1)
            tensors.push_back(tensor);
    }
    if (damage == "more")
        tensors.push_back({"emb.weight", DType::F32, {1}, std::as_bytes(std::span(zeros)).first(4)});
    QTemporaryDir place;
    const std::filesystem::path path = place.filePath("state.safetensors").toStdString();
    VERIFY_OK(writeSafetensors(path, tensors));
    REQUIRE(const auto file, openTensorFile(path));

    const auto outcome = test.runner->startFrom(*file);

    QVERIFY(!outcome);
    QVERIFY2(outcome.error().what.find(named.toStdString()) != std::string::npos,
             outcome.error().what.c_str());
    QVERIFY(test.runner->newState()); // as before
}

QTEST_GUILESS_MAIN(TestInitialState)
#include "tst_initial_state.moc"
