// Text files of any encoding become UTF-8, and what was guessed is said.
#include "core/base/text.h"
#include "core/documents/decode_text.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

using namespace volary;
using namespace volary::test;

class TestDecodeText : public QObject {
    Q_OBJECT

private slots:
    void encodingsGiveTheSameText_data();
    void encodingsGiveTheSameText();
    void latin1IsReadAndSaidSo();
    void lineEndsBecomeOne();
    void bytesThatAreNoTextAreRefused();
    void brokenUtf16GivesReplacements();
    void anyBytesGiveValidUtf8OrAReason();
};

void TestDecodeText::encodingsGiveTheSameText_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto utf16 = [](const QString &text, bool big) {
        QByteArray bytes;
        for (const QChar c : text) {
            bytes += char(big ? c.unicode() >> 8 : c.unicode() & 0xFF);
            bytes += char(big ? c.unicode() & 0xFF : c.unicode() >> 8);
        }
        return bytes;
    };
    const QString text = QString::fromUtf8("Ducks – naïve 🦆 ducks");
    QTest::newRow("UTF-8") << text.toUtf8();
    QTest::newRow("UTF-8 with mark") << QByteArray("\xEF\xBB\xBF") + text.toUtf8();
    QTest::newRow("UTF-16 LE with mark") << QByteArray("\xFF\xFE") + utf16(text, false);
    QTest::newRow("UTF-16 BE with mark") << QByteArray("\xFE\xFF") + utf16(text, true);
    QTest::newRow("UTF-16 LE") << utf16(text, false);
    QTest::newRow("UTF-16 BE") << utf16(text, true);
}

void TestDecodeText::encodingsGiveTheSameText()
{
    QFETCH(QByteArray, bytes);
    REQUIRE(const DecodedText decoded, decodeText(bytes.toStdString()));
    QCOMPARE(decoded.text, std::string("Ducks – naïve 🦆 ducks"));
}

void TestDecodeText::latin1IsReadAndSaidSo()
{
    REQUIRE(const DecodedText decoded, decodeText("caf\xE9 \x96 10 \x80"));
    QCOMPARE(decoded.text, std::string("café – 10 €"));
    QVERIFY(decoded.notice.find("Latin-1") != std::string::npos);
}

void TestDecodeText::lineEndsBecomeOne()
{
    REQUIRE(const DecodedText decoded, decodeText("a\r\nb\rc\nd\fe\x01\tf"));
    QCOMPARE(decoded.text, std::string("a\nb\nc\nd\ne\tf"));
    QVERIFY(decoded.notice.empty());
}

void TestDecodeText::bytesThatAreNoTextAreRefused()
{
    const auto decoded = decodeText(std::string_view("\x7F"
                                                     "ELF\0\xFF\xFE\x90\x01\x02",
                                                     10));
    QVERIFY(!decoded);
    QVERIFY(decoded.error().code == ErrorCode::Unsupported);
}

void TestDecodeText::brokenUtf16GivesReplacements()
{
    REQUIRE(const DecodedText decoded, decodeText(std::string_view("\xFF\xFE\x00\xD8"
                                                                   "a\0",
                                                                   6)));
    QCOMPARE(decoded.text, std::string("\uFFFD"
                                       "a"));
}

void TestDecodeText::anyBytesGiveValidUtf8OrAReason()
{
    for (int round = 0; round < 2000; ++round) {
        std::string bytes;
        for (int i = integer(0, 60); i > 0; --i)
            bytes += char(integer(0, 3) == 0 ? integer(0, 255) : integer(1, 127));
        const auto decoded = decodeText(bytes);
        QVERIFY(decoded ? isValidUtf8(decoded.value().text) : !decoded.error().what.empty());
    }
}

QTEST_GUILESS_MAIN(TestDecodeText)
#include "tst_decode_text.moc"
