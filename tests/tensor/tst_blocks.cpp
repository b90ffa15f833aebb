// Quantised blocks decode to the bits of the reference decoder.
#include "core/base/file.h"
#include "core/tensor/blocks.h"
#include "tests/support/golden.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace volary;
using namespace volary::test;

class TestBlocks : public QObject {
    Q_OBJECT

private slots:
    void everyTypeDecodesToTheBitsOfTheReference_data();
    void everyTypeDecodesToTheBitsOfTheReference();
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

QTEST_APPLESS_MAIN(TestBlocks)
#include "tst_blocks.moc"
