// GGUF files: good ones give their tensors and keys, bad ones the name of the field that is wrong.
#include "core/io/gguf.h"
#include "tensor_files.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QElapsedTimer>
#include <QTest>

using namespace volary;
using namespace volary::test;

class TestGguf : public QObject {
    Q_OBJECT

private slots:
    void tensorsOfEveryTypeAreRead();
    void keysOfEveryTypeAreRead();
    void widerAlignmentIsFollowed();
    void badFilesAreRefusedByName_data();
    void badFilesAreRefusedByName();
    void everyBadFileIsListed();
    void everyTruncationOfTheHeaderIsRefused();
    void everyHeaderFieldMayBeHostile();
    void dataThatIsCutOffIsNamed();

private:
    Scratch m_scratch;
};

void TestGguf::tensorsOfEveryTypeAreRead()
{
    REQUIRE(const ReadTensors tensors, readAll(ioFile("gguf/types.gguf")));
    REQUIRE(const ReadTensors expected, readAll(ioFile("gguf/types.expected.safetensors")));
    const std::pair<const char *, DType> names[] = {
        {"f32", DType::F32},   {"f16", DType::F16},   {"bf16", DType::BF16}, {"q4_0", DType::Q4_0},
        {"q4_1", DType::Q4_1}, {"q5_0", DType::Q5_0}, {"q5_1", DType::Q5_1}, {"q8_0", DType::Q8_0},
        {"q4_k", DType::Q4_K}, {"q5_k", DType::Q5_K}, {"q6_k", DType::Q6_K}};
    for (const auto &[name, type] : names) {
        const std::string tensor = std::string("t.") + name;
        QVERIFY2(tensors.contains(tensor), name);
        const ReadTensor &read = tensors.at(tensor);
        QCOMPARE(read.type, type);
        QVERIFY((read.shape == Shape{3, 512}));
        QVERIFY(expected.at(tensor).shape == read.shape);
        if (type == DType::F32)
            QVERIFY(read.bytes == expected.at(tensor).bytes);
    }
}

void TestGguf::keysOfEveryTypeAreRead()
{
    REQUIRE(const auto file, openTensorFile(ioFile("gguf/types.gguf")));
    QCOMPARE(file->format(), std::string_view("gguf"));
    const auto keys = ggufMetadata(*file);
    QVERIFY(keys);
    QVERIFY(keys->string("general.architecture"));
    QVERIFY(!keys->integer("general.architecture")); // of another type
    QVERIFY(!keys->find("no.such.key"));
}

void TestGguf::widerAlignmentIsFollowed()
{
    REQUIRE(const auto file, openTensorFile(ioFile("gguf/align64.gguf")));
    QCOMPARE(ggufMetadata(*file)->integer("general.alignment"), std::optional<std::int64_t>(64));
    VERIFY_OK(readAll(ioFile("gguf/align64.gguf")));
}

void TestGguf::badFilesAreRefusedByName_data()
{
    QTest::addColumn<QString>("word"); // names the field that is wrong
    QTest::newRow("alignment_not_power_of_two") << "general.alignment";
    QTest::newRow("alignment_zero") << "general.alignment";
    QTest::newRow("big_endian_version") << "big-endian";
    QTest::newRow("bool_value_2") << "bool";
    QTest::newRow("dims_overflow") << "shape";
    QTest::newRow("duplicate_tensor_name") << "duplicate";
    QTest::newRow("empty") << "0 bytes";
    QTest::newRow("key_length_huge") << "length of the key";
    QTest::newRow("kv_count_huge") << "kv_count";
    QTest::newRow("magic") << "no model file";
    QTest::newRow("n_dims_5") << "n_dims";
    QTest::newRow("n_dims_huge") << "n_dims";
    QTest::newRow("offset_past_end") << "past the end";
    QTest::newRow("offset_unaligned") << "alignment";
    QTest::newRow("row_not_multiple_of_block") << "whole blocks";
    QTest::newRow("tensor_count_huge") << "tensor_count";
    QTest::newRow("truncated_data") << "past the end";
    QTest::newRow("truncated_header") << "file";
    QTest::newRow("type_removed_4") << "Q4_2";
    QTest::newRow("type_unknown_200") << "unknown type 200";
    QTest::newRow("value_type_13") << "value type 13";
    QTest::newRow("version_1") << "version is 1";
    QTest::newRow("version_99") << "version is 99";
}

void TestGguf::badFilesAreRefusedByName()
{
    QFETCH(QString, word);
    const QString name = QString("%1.gguf").arg(QTest::currentDataTag());
    const auto tensors = readAll(ioFile("gguf/bad/" + name));
    QVERIFY(!tensors);
    const QString what = QString::fromStdString(tensors.error().what);
    QVERIFY2(what.startsWith(name + ": "), qPrintable(what));
    QVERIFY2(what.contains(word), qPrintable(what));
}

void TestGguf::everyBadFileIsListed()
{
    const QString folder = QString::fromStdString(ioFile("gguf/bad").string());
    QCOMPARE(QDir(folder).entryList({"*.gguf"}).size(), 23);
}

void TestGguf::everyTruncationOfTheHeaderIsRefused()
{
    const std::string good = contentOf(ioFile("gguf/align64.gguf"));
    QVERIFY(good.size() > 1024);
    for (std::size_t length = 0; length < 1024; ++length)
        QVERIFY2(!m_scratch.refusal(good.substr(0, length)).isEmpty(), qPrintable(QString::number(length)));
}

// Numbers of 4 and 8 bytes at every offset of the header: counts, lengths, types, extents, offsets.
void TestGguf::everyHeaderFieldMayBeHostile()
{
    const std::string good = contentOf(ioFile("gguf/align64.gguf"));
    const MemoryBound bound(64 << 20);
    QElapsedTimer slowest;
    for (std::size_t at = 0; at < 1024; ++at) {
        slowest.start();
        for (const auto value : hostileNumbers<std::uint32_t>(good.size())) {
            const auto tensors = m_scratch.readBack(withNumber(good, at, value));
            QVERIFY(tensors || !tensors.error().what.empty());
        }
        for (const auto value : hostileNumbers<std::uint64_t>(good.size())) {
            const auto tensors = m_scratch.readBack(withNumber(good, at, value));
            QVERIFY(tensors || !tensors.error().what.empty());
        }
        QVERIFY2(slowest.elapsed() < 14 * 1000, qPrintable(QString::number(at))); // a second each
    }
}

void TestGguf::dataThatIsCutOffIsNamed()
{
    const std::string good = contentOf(ioFile("gguf/align64.gguf"));
    const QString what = m_scratch.refusal(good.substr(0, good.size() - 200));
    QVERIFY2(what.contains("past the end"), qPrintable(what));
}

QTEST_APPLESS_MAIN(TestGguf)
#include "tst_gguf.moc"
