// Safetensors files: good ones give their values, bad ones the name of the field that is wrong.
#include "core/io/safetensors_writer.h"
#include "tensor_files.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <bit>
#include <unistd.h>

using namespace volary;
using namespace volary::test;

namespace {

std::string withHeader(const std::string &header, const std::string &data)
{
    std::string content(8, '\0');
    return withNumber<std::uint64_t>(content, 0, header.size()) + header + data;
}

template <typename T>
std::vector<std::byte> bytesOf(const std::vector<T> &values)
{
    const auto bytes = std::as_bytes(std::span(values));
    return {bytes.begin(), bytes.end()};
}

} // namespace

class TestSafetensors : public QObject {
    Q_OBJECT

private slots:
    void goodFilesGiveTheirValues_data();
    void goodFilesGiveTheirValues();
    void scalarsAndEmptyTensorsAreTensors();
    void badFilesAreRefusedByName_data();
    void badFilesAreRefusedByName();
    void everyBadFileIsListed();
    void everyTruncationIsRefused();
    void hostileHeaderLengthsNeedNoMemory();
    void everyChangedHeaderByteIsRefusedOrHarmless();
    void fileThatShrinksWhileOpenGivesAnError();
    void writtenTensorsReadBackBitForBit();
    void writtenMetadataReadsBack();

private:
    std::filesystem::path saved() const { return m_folder.filePath("saved.safetensors").toStdString(); }

    Scratch m_scratch;
    QTemporaryDir m_folder;
};

void TestSafetensors::goodFilesGiveTheirValues_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"ok_two", "ok_unordered", "ok_metadata"})
        QTest::newRow(name) << name;
}

void TestSafetensors::goodFilesGiveTheirValues()
{
    QFETCH(QString, name);
    REQUIRE(const ReadTensors tensors, readAll(ioFile("safetensors/" + name + ".safetensors")));
    QVERIFY(tensors.contains("a"));
    const ReadTensor a{DType::F32, Shape{2, 3}, bytesOf(std::vector<float>{0, 1, 2, 3, 4, 5})};
    QVERIFY(tensors.at("a") == a);
    if (name == "ok_metadata")
        return;
    QVERIFY(tensors.contains("b"));
    const ReadTensor b{DType::BF16, Shape{4}, bytesOf(std::vector<std::uint16_t>{0, 0x3F80, 0x4000, 0x4040})};
    QVERIFY(tensors.at("b") == b);
}

void TestSafetensors::scalarsAndEmptyTensorsAreTensors()
{
    REQUIRE(const ReadTensors tensors, readAll(ioFile("safetensors/ok_scalar_and_empty.safetensors")));
    QVERIFY((tensors.at("s") == ReadTensor{DType::F64, Shape{}, bytesOf(std::vector<double>{0})}));
    QVERIFY((tensors.at("e") == ReadTensor{DType::F16, Shape{0, 5}, {}}));
}

void TestSafetensors::badFilesAreRefusedByName_data()
{
    QTest::addColumn<QString>("word"); // names the field that is wrong
    QTest::newRow("deep_nesting") << "nested deeper";
    QTest::newRow("duplicate_key") << "duplicate key \"a\"";
    QTest::newRow("float_dim") << "shape of tensor";
    QTest::newRow("header_invalid_utf8") << "UTF-8";
    QTest::newRow("header_len_huge") << "header length";
    QTest::newRow("header_len_past_eof") << "header length";
    QTest::newRow("header_len_zero") << "header length 0";
    QTest::newRow("header_not_json") << "header";
    QTest::newRow("header_not_object") << "begin with '{'";
    QTest::newRow("header_starts_with_space") << "begin with '{'";
    QTest::newRow("header_trailing_garbage") << "after the value";
    QTest::newRow("hole_between") << "hole";
    QTest::newRow("metadata_not_string") << "__metadata__";
    QTest::newRow("missing_shape") << "has no shape";
    QTest::newRow("negative_dim") << "shape of tensor";
    QTest::newRow("offsets_overlap") << "overlap";
    QTest::newRow("offsets_past_end") << "data_offsets";
    QTest::newRow("offsets_reversed") << "ascending";
    QTest::newRow("offsets_three_numbers") << "two ascending";
    QTest::newRow("shape_product_overflow") << "impossible shape";
    QTest::newRow("short_file") << "3 bytes";
    QTest::newRow("size_mismatch") << "its shape needs";
    QTest::newRow("trailing_bytes") << "follow the header";
    QTest::newRow("unknown_dtype") << "unknown dtype";
}

void TestSafetensors::badFilesAreRefusedByName()
{
    QFETCH(QString, word);
    const QString name = QString("%1.safetensors").arg(QTest::currentDataTag());
    const auto tensors = readAll(ioFile("safetensors/bad/" + name));
    QVERIFY(!tensors);
    const QString what = QString::fromStdString(tensors.error().what);
    QVERIFY2(what.startsWith(name + ": "), qPrintable(what));
    QVERIFY2(what.contains(word), qPrintable(what));
}

void TestSafetensors::everyBadFileIsListed()
{
    const QString folder = QString::fromStdString(ioFile("safetensors/bad").string());
    QCOMPARE(QDir(folder).entryList({"*.safetensors"}).size(), 24);
}

void TestSafetensors::everyTruncationIsRefused()
{
    const std::string good = contentOf(ioFile("safetensors/ok_two.safetensors"));
    QVERIFY(!good.empty());
    for (std::size_t length = 0; length < good.size(); ++length)
        QVERIFY2(!m_scratch.refusal(good.substr(0, length)).isEmpty(), qPrintable(QString::number(length)));
}

void TestSafetensors::hostileHeaderLengthsNeedNoMemory()
{
    const std::string good = contentOf(ioFile("safetensors/ok_two.safetensors"));
    const MemoryBound bound(64 << 20);
    for (const auto length : hostileNumbers<std::uint64_t>(good.size()))
        QVERIFY(!m_scratch.refusal(withNumber(good, 0, length)).isEmpty());
}

void TestSafetensors::everyChangedHeaderByteIsRefusedOrHarmless()
{
    const std::string good = contentOf(ioFile("safetensors/ok_two.safetensors"));
    const MemoryBound bound(64 << 20);
    const std::size_t dataBytes = 6 * sizeof(float) + 4 * sizeof(std::uint16_t);
    for (std::size_t at = 8; at < good.size() - dataBytes; ++at) {
        for (const char c : {'0', '9', '-', '"', '}', ']', ',', ' ', '\xFF'}) {
            const auto tensors = m_scratch.readBack(withNumber(good, at, c));
            std::size_t total = 0;
            if (tensors) {
                for (const auto &[name, tensor] : tensors.value())
                    total += tensor.bytes.size();
                QCOMPARE(total, dataBytes);
            }
        }
    }
}

void TestSafetensors::fileThatShrinksWhileOpenGivesAnError()
{
    VERIFY_OK(m_scratch.readBack(contentOf(ioFile("safetensors/ok_two.safetensors"))));
    REQUIRE(const auto file, openTensorFile(m_scratch.path()));
    QCOMPARE(::truncate(m_scratch.path().c_str(), 100), 0);
    for (std::size_t i = 0; i < file->tensors().size(); ++i) {
        std::vector<std::byte> values(file->tensors()[i].bytes());
        QVERIFY(!file->read(i, values));
    }
}

void TestSafetensors::writtenTensorsReadBackBitForBit()
{
    const auto floats = bytesOf(std::vector<float>{1.5f, -0.0f, std::bit_cast<float>(0x7FC00001u)});
    const auto halves = bytesOf(std::vector<std::uint16_t>{0x3C00, 0xFFFF});
    const auto longs = bytesOf(std::vector<std::int64_t>{INT64_MIN});
    const std::vector<TensorToWrite> tensors{{"z.last", DType::F32, Shape{3, 1}, floats},
                                             {"a.first", DType::F16, Shape{2}, halves},
                                             {"scalar", DType::I64, Shape{}, longs},
                                             {"nothing", DType::BF16, Shape{4, 0}, {}}};
    VERIFY_OK(writeSafetensors(saved(), tensors));
    REQUIRE(const ReadTensors read, readAll(saved()));
    QCOMPARE(read.size(), tensors.size());
    for (const TensorToWrite &tensor : tensors)
        QVERIFY((read.at(tensor.name) ==
                 ReadTensor{tensor.type, tensor.shape, {tensor.bytes.begin(), tensor.bytes.end()}}));
    std::uint64_t headerBytes = 0;
    std::memcpy(&headerBytes, contentOf(saved()).data(), sizeof headerBytes);
    QCOMPARE(headerBytes % 8, std::uint64_t(0));
}

void TestSafetensors::writtenMetadataReadsBack()
{
    const std::map<std::string, std::string> metadata{{"made by", "Volary \"quoted\""}, {"empty", ""}};
    VERIFY_OK(writeSafetensors(saved(), {}, metadata));
    REQUIRE(const auto file, openTensorFile(saved()));
    QVERIFY(file->metadata() == metadata);
    QVERIFY(!m_scratch.refusal(withHeader(R"({"__metadata__":{"a":1}})", "")).isEmpty());
}

QTEST_APPLESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"
