// Files of rwkv.cpp: a header, then tensors until the end.
#include "tensor_files.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace volary;
using namespace volary::test;

namespace {

// One tensor emb.weight of 4 rows by 2, no blocks; the offsets of its fields follow.
constexpr std::size_t kVersionAt = 4, kVocabularyAt = 8, kLayersAt = 16, kTypeAt = 20, kRankAt = 24,
                      kKeyLengthAt = 28, kTensorTypeAt = 32, kFirstExtentAt = 36;

// The same with rows of 32 numbers as one block of Q8_0 each.
std::string quantisedFile(std::uint32_t version)
{
    const std::uint32_t numbers[] = {0x67676D66, version, 4, 32, 0, 9, 2, 10, 9, 32, 4};
    std::string content(reinterpret_cast<const char *>(numbers), sizeof numbers);
    return content + "emb.weight" + std::string(4 * 34, '\x11');
}

std::string goodFile()
{
    const std::uint32_t numbers[] = {0x67676D66, 101, 4, 2, 0, 0, 2, 10, 0, 2, 4};
    std::string content(reinterpret_cast<const char *>(numbers), sizeof numbers);
    content += "emb.weight";
    for (int i = 0; i < 8; ++i) {
        const auto value = float(i);
        content.append(reinterpret_cast<const char *>(&value), sizeof value);
    }
    return content;
}

} // namespace

class TestRwkvCpp : public QObject {
    Q_OBJECT

private slots:
    void rowsComeFirstInTheShape();
    void quantisedBlocksNeedVersion101();
    void wrongFieldsAreNamed_data();
    void wrongFieldsAreNamed();
    void everyTruncationIsRefused();
    void hostileFieldsNeedNoMemory();
    void realFilesOpen();

private:
    Scratch m_scratch;
};

void TestRwkvCpp::rowsComeFirstInTheShape()
{
    REQUIRE(const ReadTensors tensors, m_scratch.readBack(goodFile()));
    QCOMPARE(tensors.size(), std::size_t(1));
    QVERIFY((tensors.at("emb.weight").shape == Shape{4, 2}));
    const std::string data = goodFile().substr(goodFile().size() - 32);
    QCOMPARE(std::memcmp(tensors.at("emb.weight").bytes.data(), data.data(), 32), 0);
}

void TestRwkvCpp::quantisedBlocksNeedVersion101()
{
    REQUIRE(const ReadTensors tensors, m_scratch.readBack(quantisedFile(101)));
    QCOMPARE(tensors.at("emb.weight").type, DType::Q8_0);
    QCOMPARE(tensors.at("emb.weight").bytes.size(), std::size_t(4 * 34));
    const QString what = m_scratch.refusal(quantisedFile(100));
    QVERIFY2(what.contains("version 100"), qPrintable(what));
}

void TestRwkvCpp::wrongFieldsAreNamed_data()
{
    QTest::addColumn<quint64>("at");
    QTest::addColumn<quint32>("value");
    QTest::addColumn<QString>("word");
    QTest::newRow("version") << quint64(kVersionAt) << 99u << "version is 99";
    QTest::newRow("vocabulary") << quint64(kVocabularyAt) << 5u << "n_vocab 5";
    QTest::newRow("layers") << quint64(kLayersAt) << 3u << "n_layer 3";
    QTest::newRow("type given up") << quint64(kTypeAt) << 4u << "Q4_1_O";
    QTest::newRow("rank") << quint64(kRankAt) << 4u << "dim_count of 4";
    QTest::newRow("key length") << quint64(kKeyLengthAt) << 0u << "key_length of 0";
    QTest::newRow("rows of half blocks") << quint64(kTensorTypeAt) << 9u << "whole blocks";
    QTest::newRow("type unknown") << quint64(kTensorTypeAt) << 10u << "unknown data type 10";
    QTest::newRow("extent 0") << quint64(kFirstExtentAt) << 0u << "dimension of 0";
    QTest::newRow("extent huge") << quint64(kFirstExtentAt) << UINT32_MAX << "past the end";
}

void TestRwkvCpp::wrongFieldsAreNamed()
{
    QFETCH(quint64, at);
    QFETCH(quint32, value);
    QFETCH(QString, word);
    const QString what = m_scratch.refusal(withNumber(goodFile(), at, value));
    QVERIFY2(what.contains(word), qPrintable(what));
}

void TestRwkvCpp::everyTruncationIsRefused()
{
    const std::string good = goodFile();
    for (std::size_t length = 0; length < good.size(); ++length) {
        if (length != kRankAt) // a header that promises no blocks, and no tensors
            QVERIFY2(!m_scratch.refusal(good.substr(0, length)).isEmpty(),
                     qPrintable(QString::number(length)));
    }
}

void TestRwkvCpp::hostileFieldsNeedNoMemory()
{
    const std::string good = goodFile();
    const MemoryBound bound(64 << 20);
    for (std::size_t at = 0; at + 4 <= good.size() - 32; ++at)
        for (const auto value : hostileNumbers<std::uint32_t>(good.size())) {
            const auto tensors = m_scratch.readBack(withNumber(good, at, value));
            QVERIFY(tensors || !tensors.error().what.empty());
        }
}

void TestRwkvCpp::realFilesOpen()
{
    const std::filesystem::path folder = std::filesystem::path(VOLARY_SHARED_DIR) / "models/rwkv.cpp-tiny";
    if (!std::filesystem::exists(folder))
        QSKIP("the tiny models of rwkv.cpp are not here");
    for (const char *name : {"4v0-660K", "5v2-730K", "7v0-834K"})
        VERIFY_OK(readAll(folder / ("tiny-rwkv-" + std::string(name) + "-FP32.bin")));
}

QTEST_APPLESS_MAIN(TestRwkvCpp)
#include "tst_rwkv_cpp.moc"
