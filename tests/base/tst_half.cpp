// 16-bit floats against double arithmetic.
#include "core/base/half.h"

#include <QTest>

#include <cmath>

using namespace volary;

class TestHalf : public QObject {
    Q_OBJECT

private slots:
    void everyHalfSurvivesTheRoundTrip();
    void everyBf16SurvivesTheRoundTrip();
    void middlesBetweenHalvesGoToTheEvenOne();
    void valuesBeyondTheLargestHalfBecomeInfinity();
};

void TestHalf::everyHalfSurvivesTheRoundTrip()
{
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const float value = f16ToFloat(std::uint16_t(bits));
        if (std::isnan(value))
            QVERIFY(std::isnan(f16ToFloat(floatToF16(value))));
        else
            QCOMPARE(std::uint32_t(floatToF16(value)), bits);
    }
}

void TestHalf::everyBf16SurvivesTheRoundTrip()
{
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const float value = bf16ToFloat(std::uint16_t(bits));
        if (std::isnan(value))
            QVERIFY(std::isnan(bf16ToFloat(floatToBf16(value))));
        else
            QCOMPARE(std::uint32_t(floatToBf16(value)), bits);
    }
}

void TestHalf::middlesBetweenHalvesGoToTheEvenOne()
{
    for (std::uint32_t bits = 0; bits < 0x7BFF; ++bits) {
        const double low = f16ToFloat(std::uint16_t(bits)), high = f16ToFloat(std::uint16_t(bits + 1));
        const auto middle = float((low + high) / 2); // exact: one bit more than a half has
        QCOMPARE(std::uint32_t(floatToF16(middle)), bits + (bits & 1));
        QCOMPARE(std::uint32_t(floatToF16(std::nextafter(middle, 0.0f))), bits);
        QCOMPARE(std::uint32_t(floatToF16(std::nextafter(middle, INFINITY))), bits + 1);
    }
}

void TestHalf::valuesBeyondTheLargestHalfBecomeInfinity()
{
    QCOMPARE(floatToF16(65519.0f), std::uint16_t(0x7BFF));
    QCOMPARE(floatToF16(65520.0f), std::uint16_t(0x7C00));
    QCOMPARE(floatToF16(-1e30f), std::uint16_t(0xFC00));
}

QTEST_APPLESS_MAIN(TestHalf)
#include "tst_half.moc"
