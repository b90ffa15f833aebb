// The tiny trained models of rwkv.cpp, whole and quantised, against the logits its authors publish.
#include "tests/models/golden_model.h"

using namespace volary;
using namespace volary::test;

class TestRwkvCppModels : public QObject {
    Q_OBJECT

private slots:
    void logitsAreThoseOfTheAuthors_data();
    void logitsAreThoseOfTheAuthors();
};

// The expected logits are those of the float32 models; what Q5_1 may lose is what an independent float64
// evaluation of the same blocks loses, and a little more.
void TestRwkvCppModels::logitsAreThoseOfTheAuthors_data()
{
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("form");
    QTest::addColumn<double>("tolerance");
    QTest::addColumn<QString>("backend");
    struct Row {
        const char *model, *form;
        double tolerance;
    };
    for (const Row &row : {Row{"4v0-660K", "FP32", 5e-4}, Row{"4v0-660K", "Q5_1", 0.2},
                           Row{"5v2-730K", "FP32", 5e-4}, Row{"5v2-730K", "Q5_1", 0.6}}) {
        for (const char *backend : {"reference", "cpu"})
            QTest::addRow("%s %s, %s", row.model, row.form, backend)
                << row.model << row.form << row.tolerance << backend;
    }
}

void TestRwkvCppModels::logitsAreThoseOfTheAuthors()
{
    QFETCH(QString, model);
    QFETCH(QString, form);
    QFETCH(double, tolerance);
    QFETCH(QString, backend);
    const std::string folder = "models/rwkv.cpp-tiny/", name = model.toStdString();
    const auto file = sharedFile(folder + "tiny-rwkv-" + name + "-" + form.toStdString() + ".bin");
    const auto expectedFile = sharedFile(folder + "expected-logits-" + name + ".bin");
    if (!file || !expectedFile)
        QSKIP("the trained models of rwkv.cpp are not here (they belong to another project)");
    REQUIRE(const auto test, openForTest(*file, makeBackendForTest(backend)));
    REQUIRE(const std::string bytes, readFile(*expectedFile, 1 << 16));
    std::vector<float> expected(bytes.size() / sizeof(float));
    std::memcpy(expected.data(), bytes.data(), bytes.size());
    const std::vector<TokenId> tokens{'"', 'i', 'n'};
    REQUIRE(State state, test.runner->newState());

    REQUIRE(const auto logits, allLogits(*test.runner, state, tokens, 3));

    const auto last = std::span(logits).last(256);
    const double difference = largestDifference(last, expected);
    qInfo("logits differ by %.2g", difference);
    QVERIFY2(difference <= tolerance, qPrintable(QString::number(difference)));
    QCOMPARE(std::ranges::max_element(last) - last.begin(),
             std::ranges::max_element(expected) - expected.begin());
}

QTEST_GUILESS_MAIN(TestRwkvCppModels)
#include "tst_rwkv_cpp_models.moc"
