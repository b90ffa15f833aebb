// HTML becomes the text a reader would see, whatever the bytes are.
#include "core/documents/html.h"
#include "tests/support/random.h"

#include <QElapsedTimer>
#include <QTest>

using namespace volary;
using namespace volary::test;

class TestHtml : public QObject {
    Q_OBJECT

private slots:
    void pagesBecomeText_data();
    void pagesBecomeText();
    void headingsKnowTheirPlace();
    void hugeAndBrokenPagesTakeLinearTime_data();
    void hugeAndBrokenPagesTakeLinearTime();
    void anyBytesAreAccepted();
};

void TestHtml::pagesBecomeText_data()
{
    QTest::addColumn<QString>("markup");
    QTest::addColumn<QString>("text");
    QTest::newRow("paragraphs") << "<p>One\n two.</p><p>Three.</p>"
                                << "One two.\n\nThree.";
    QTest::newRow("inline tags join") << "a<b>b</b>c <i>d</i>"
                                      << "abc d";
    QTest::newRow("breaks") << "a<br>b<br/>c"
                            << "a\nb\nc";
    QTest::newRow("lists") << "<ul><li>one<li>two</ul>"
                           << "- one\n- two";
    QTest::newRow("cells") << "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"
                           << "a b\nc";
    QTest::newRow("entities") << "&lt;p&gt; &amp;amp; &#65;&#x42; &mdash; &nothing; &#150; & R&D"
                              << "<p> &amp; AB — &nothing; – & R&D";
    QTest::newRow("scripts are dropped") << "a<script>if (a < b) document.write('<p>x</p>')</script>b"
                                         << "ab";
    QTest::newRow("styles are dropped") << "a<STYLE type=x>p { }</style >b"
                                        << "ab";
    QTest::newRow("comments are dropped") << "a<!-- <p>x</p> -->b"
                                          << "ab";
    QTest::newRow("character data is kept") << "<![CDATA[a &amp; <b>]]>"
                                            << "a &amp; <b>";
    QTest::newRow("brackets in attributes") << "<a title=\"x > y\">z</a>"
                                            << "z";
    QTest::newRow("smaller than") << "1 < 2 and 3 <4"
                                  << "1 < 2 and 3 <4";
    QTest::newRow("preformatted") << "<pre>a\n  b\n\nc</pre>"
                                  << "a\n  b\n\nc";
    QTest::newRow("title is no text") << "<head><title>T</title></head>body"
                                      << "body";
    QTest::newRow("unclosed tag") << "a<p title=\"b"
                                  << "a";
    QTest::newRow("unclosed quote") << "<a href=\"x>y</a> z"
                                    << "y z";
}

void TestHtml::pagesBecomeText()
{
    QFETCH(QString, markup);
    QFETCH(QString, text);
    QCOMPARE(QString::fromStdString(readHtml(markup.toStdString()).text), text);
}

void TestHtml::headingsKnowTheirPlace()
{
    const PlainText page =
        readHtml("<title>The &quot;Book&quot;</title><p>Before</p><h1>One <i>and</i> a half</h1><p>x</p>"
                 "<h3>Two</h3>y<h2></h2>");
    QCOMPARE(page.title, std::string("The \"Book\""));
    QCOMPARE(page.headings.size(), std::size_t(2));
    QCOMPARE(page.headings[0].title, std::string("One and a half"));
    QCOMPARE(page.headings[0].level, 1);
    QCOMPARE(page.headings[1].level, 3);
    for (const Heading &heading : page.headings)
        QCOMPARE(page.text.substr(heading.begin, heading.title.size()), heading.title);
}

void TestHtml::hugeAndBrokenPagesTakeLinearTime_data()
{
    QTest::addColumn<QString>("piece");
    QTest::addColumn<QString>("start");
    QTest::newRow("nested") << "<div><b>"
                            << "";
    QTest::newRow("open brackets") << "<a "
                                   << "";
    QTest::newRow("open quotes") << "<a b=\""
                                 << "";
    QTest::newRow("quotes and brackets") << "<a b=\">"
                                         << "";
    QTest::newRow("closing scripts") << "</"
                                     << "<script>";
    QTest::newRow("comments") << "<!-"
                              << "";
    QTest::newRow("ampersands") << "&#x"
                                << "";
    QTest::newRow("titles") << "<title>"
                            << "";
}

// Quadratic work on 8 MB would take hours, and the test's time limit would end it.
void TestHtml::hugeAndBrokenPagesTakeLinearTime()
{
    QFETCH(QString, piece);
    QFETCH(QString, start);
    std::string markup = start.toStdString();
    while (markup.size() < 8u << 20)
        markup += piece.toStdString();
    const PlainText page = readHtml(markup);
    QVERIFY(page.text.size() <= markup.size());
}

void TestHtml::anyBytesAreAccepted()
{
    const std::vector<std::string> pieces{"<",   ">",         "</",  "p", "h2", "pre", "script", "title",
                                          "\"",  "'",         "=",   "&", "#",  "x",   ";",      "<!--",
                                          "-->", "<![CDATA[", "]]>", " ", "\n", "/",   "\xFF"};
    for (int round = 0; round < 3000; ++round) {
        std::string markup;
        for (int i = integer(0, 40); i > 0; --i)
            markup += pieces[std::size_t(integer(0, int(pieces.size()) - 1))];
        const PlainText page = readHtml(markup, integer(0, 1) == 0 ? MarkupKind::Html : MarkupKind::Xhtml);
        std::uint64_t before = 0;
        for (const Heading &heading : page.headings) {
            QVERIFY2(heading.begin < page.text.size() && heading.begin >= before, markup.c_str());
            before = heading.begin + 1;
        }
    }
}

QTEST_GUILESS_MAIN(TestHtml)
#include "tst_html.moc"
