// Quantised blocks decode to the bits of the reference decoder.
#include "core/base/file.h"
#include "core/tensor/blocks.h"
#include "tests/support/golden.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace volary;
using namespace volary::test;

class TestBlocks : public QObject {
    Q_OBJECT

private slots:
    void everyTypeDecodesToTheBitsOfTheReference_data();
    void everyTypeDecodesToTheBitsOfTheReference();
    void encodedNumbersComeBackNearly_data();
    void encodedNumbersComeBackNearly();
    void blocksThatAreDecodedEncodeToTheSameNumbers_data() { encodedNumbersComeBackNearly_data(); }
    void blocksThatAreDecodedEncodeToTheSameNumbers();
    void strangeNumbersAreEncoded_data() { encodedNumbersComeBackNearly_data(); }
    void strangeNumbersAreEncoded();
};

void TestBlocks::everyTypeDecodesToTheBitsOfTheReference_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<int>("offset"); // of the tensor, as the header of types.gguf lists them
    const std::pair<DType, int> rows[] = {{DType::Q4_0, 0x2400}, {DType::Q4_1, 0x2760}, {DType::Q5_0, 0x2B20},
                                          {DType::Q5_1, 0x2F40}, {DType::Q8_0, 0x33C0}, {DType::Q4_K, 0x3A20},
                                          {DType::Q5_K, 0x3D80}, {DType::Q6_K, 0x41A0}};
    for (const auto &[type, offset] : rows)
        QTest::newRow(std::string(name(type)).c_str()) << int(type) << offset;
}

void TestBlocks::everyTypeDecodesToTheBitsOfTheReference()
{
    QFETCH(int, type);
    QFETCH(int, offset);
    constexpr std::size_t kDataAt = 0x320, kElements = 3 * 512;
    REQUIRE(const std::string file, readFile(dataFile("io/gguf/types.gguf"), 1 << 20));
    REQUIRE(const Golden golden, Golden::read(dataFile("io/gguf/types.expected.safetensors")));
    const auto expected = golden.floats(std::string("t.") + QTest::currentDataTag());
    QVERIFY(kDataAt + std::size_t(offset) + bytesOf(DType(type), kElements) <= file.size());
    QCOMPARE(expected.size(), kElements);

    std::vector<float> got(kElements);
    decodeBlocks(DType(type), std::as_bytes(std::span(file)).data() + kDataAt + std::size_t(offset), got);

    QCOMPARE(std::memcmp(got.data(), expected.data(), kElements * sizeof(float)), 0);
}

void TestBlocks::encodedNumbersComeBackNearly_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<double>("most"); // root mean square of the error over that of the numbers
    const std::pair<DType, double> rows[] = {{DType::Q4_0, 0.090}, {DType::Q4_1, 0.078}, {DType::Q5_0, 0.045},
                                             {DType::Q5_1, 0.038}, {DType::Q8_0, 0.006}, {DType::Q4_K, 0.080},
                                             {DType::Q5_K, 0.040}, {DType::Q6_K, 0.021}};
    for (const auto &[type, most] : rows)
        QTest::newRow(std::string(name(type)).c_str()) << int(type) << most;
}

// Normally distributed numbers, as weights are.
void TestBlocks::encodedNumbersComeBackNearly()
{
    QFETCH(int, type);
    QFETCH(double, most);
    const std::vector<float> numbers = normals(256 * 64, 0.02f);
    std::vector<std::byte> bytes(bytesOf(DType(type), std::int64_t(numbers.size())));
    encodeBlocks(DType(type), numbers, bytes.data());
    std::vector<float> back(numbers.size());
    decodeBlocks(DType(type), bytes.data(), back);

    double error = 0, size = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        error += (back[i] - numbers[i]) * (back[i] - numbers[i]);
        size += numbers[i] * numbers[i];
    }
    const double relative = std::sqrt(error / size);
    qInfo("error %.4f", relative);
    QVERIFY2(relative <= most, qPrintable(QString::number(relative)));
    QVERIFY(relative > most / 3); // a bound that means something
}

// What the blocks of a file stand for can be stood for exactly; encoding must come close to that.
void TestBlocks::blocksThatAreDecodedEncodeToTheSameNumbers()
{
    QFETCH(int, type);
    const std::vector<float> numbers = normals(256 * 8, 1.0f);
    std::vector<std::byte> bytes(bytesOf(DType(type), std::int64_t(numbers.size())));
    std::vector<float> once(numbers.size()), twice(numbers.size());
    encodeBlocks(DType(type), numbers, bytes.data());
    decodeBlocks(DType(type), bytes.data(), once);
    encodeBlocks(DType(type), once, bytes.data());
    decodeBlocks(DType(type), bytes.data(), twice);

    double error = 0, size = 0;
    for (std::size_t i = 0; i < once.size(); ++i) {
        error += (twice[i] - once[i]) * (twice[i] - once[i]);
        size += once[i] * once[i];
    }
    QVERIFY2(std::sqrt(error / size) < 0.02, qPrintable(QString::number(std::sqrt(error / size))));
}

void TestBlocks::strangeNumbersAreEncoded()
{
    QFETCH(int, type);
    const float strange[] = {0, -0.0f, 1e-30f, 1e30f, -1e30f, INFINITY, -INFINITY, NAN, 65504, 1e-8f};
    for (const float value : strange) {
        for (const bool alone : {true, false}) {
            std::vector<float> numbers(256, alone ? 0.0f : value), back(256);
            numbers[77] = value;
            std::vector<std::byte> bytes(bytesOf(DType(type), 256));
            encodeBlocks(DType(type), numbers, bytes.data());
            decodeBlocks(DType(type), bytes.data(), back);
            QVERIFY2(std::ranges::all_of(back, [](float x) { return std::isfinite(x); }),
                     qPrintable(QString::number(double(value))));
        }
    }
}

QTEST_APPLESS_MAIN(TestBlocks)
#include "tst_blocks.moc"
