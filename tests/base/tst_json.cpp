// JSON: what the standard allows and nothing else.
#include "core/base/json.h"
#include "tests/support/verify.h"

#include <QTest>

#include <bit>
#include <limits>

using namespace volary;

class TestJson : public QObject {
    Q_OBJECT

private slots:
    void textOutsideTheGrammarIsRefused_data();
    void textOutsideTheGrammarIsRefused();
    void integersStayExactAndLargerOnesBecomeDoubles();
    void doublesReadBackBitForBit();
    void depthAndValuesAreBounded();
};

void TestJson::textOutsideTheGrammarIsRefused_data()
{
    QTest::addColumn<QByteArray>("text");
    int row = 0;
    for (const char *text : {"",
                             " ",
                             "[1,]",
                             "{\"a\":1,}",
                             "01",
                             "1.",
                             ".5",
                             "+1",
                             "-",
                             "1e",
                             "NaN",
                             "inf",
                             "'a'",
                             "{a:1}",
                             "[1 2]",
                             "1 2",
                             "\"\\x\"",
                             "\"\\u12\"",
                             "\"\\ud800\"",
                             "\"\\udc00\"",
                             "\"\\ud800\\u0041\"",
                             "\"\xC0\x80\"",
                             "\"\xED\xA0\x80\"",
                             "\"\n\"",
                             "\"open",
                             "/**/1",
                             "\xEF\xBB\xBF"
                             "1",
                             "{\"a\":1,\"a\":2}",
                             "1e400",
                             "True"})
        QTest::addRow("%d", row++) << QByteArray(text);
}

void TestJson::textOutsideTheGrammarIsRefused()
{
    QFETCH(QByteArray, text);
    const auto parsed = Json::parse(text.toStdString());
    QVERIFY(!parsed);
    QVERIFY(parsed.error().what.starts_with("JSON, byte "));
}

void TestJson::integersStayExactAndLargerOnesBecomeDoubles()
{
    REQUIRE(const Json json, Json::parse("[9223372036854775807,-9223372036854775808,9223372036854775808]"));
    const Json::Array &items = *json.array();
    QCOMPARE(*items[0].integer(), INT64_MAX);
    QCOMPARE(*items[1].integer(), INT64_MIN);
    QVERIFY(!items[2].integer());
    QCOMPARE(items[2].number(), 0x1p63);
}

void TestJson::doublesReadBackBitForBit()
{
    for (const double value : {-0.0, 0.1, 1e308, 1.0, std::numeric_limits<double>::denorm_min(), 1.0 / 3}) {
        REQUIRE(const Json json, Json::parse(Json(value).dump()));
        QVERIFY(!json.integer());
        QCOMPARE(std::bit_cast<std::uint64_t>(json.number()), std::bit_cast<std::uint64_t>(value));
    }
}

void TestJson::depthAndValuesAreBounded()
{
    VERIFY_OK(Json::parse("[[1]]", JsonLimits{.depth = 2}));
    QVERIFY(!Json::parse("[[[1]]]", JsonLimits{.depth = 2}));
    VERIFY_OK(Json::parse("[1,2]", JsonLimits{.nodes = 3}));
    QVERIFY(!Json::parse("[1,2,3]", JsonLimits{.nodes = 3}));
    QVERIFY(!Json::parse(std::string(1'000'000, '[')));
}

QTEST_APPLESS_MAIN(TestJson)
#include "tst_json.moc"
