// Markdown as blocks: the same however the text arrives, and harmless whatever it holds.
#include "tests/support/random.h"
#include "ui/chat/markdown.h"

#include <QElapsedTimer>
#include <QTest>

using namespace volary::ui;
using volary::test::integer;

namespace {

const QString kDocument = QStringLiteral(
    "# Title\n\nA *first* paragraph with `code` and\na second line.\n\n- one\n- two\n\n"
    "  still two\n\n1. first\n2. second\n\n```python\ndef f():\n\n    return 1\n```\n\n"
    "> quoted\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n---\n\nThe **end**.\n\n~~~\nunclosed\n\nfence\n");

MarkdownBlock only(const QString &source)
{
    const auto blocks = parseMarkdown(source);
    return blocks.size() == 1 ? blocks.first() : MarkdownBlock{};
}

} // namespace

class TestMarkdown : public QObject {
    Q_OBJECT

private slots:
    void blocksOfEveryKindAreFound();
    void anyWayToCutATextGivesTheSameBlocks();
    void frozenBlocksNeverChange();
    void unclosedFenceIsShownAsCode();
    void onlyABareFenceOfItsKindEndsCode_data();
    void onlyABareFenceOfItsKindEndsCode();
    void htmlIsShownAsText();
    void imagesLoadNothing();
    void onlyHarmlessLinksAreLinks();
    void hostileTextIsParsedQuickly();
};

void TestMarkdown::blocksOfEveryKindAreFound()
{
    const auto blocks = parseMarkdown(kDocument);

    int code = 0, rules = 0;
    QString html;
    for (const MarkdownBlock &block : blocks) {
        code += block.kind == MarkdownBlock::Kind::Code;
        rules += block.kind == MarkdownBlock::Kind::Rule;
        html += block.html;
    }
    QCOMPARE(code, 2);
    QCOMPARE(rules, 1);
    for (const char *part :
         {"<h1>Title</h1>", "<i>first</i>", "<code>code</code>", "<li>", "<ol start=\"1\">", "<blockquote>",
          "<table", "<td align=\"right\">2</td>", "<b>end</b>"})
        QVERIFY2(html.contains(QLatin1String(part)), part);
    const auto python = std::ranges::find(blocks, QStringLiteral("python"), &MarkdownBlock::language);
    QVERIFY(python != blocks.end());
    QCOMPARE(python->code, QStringLiteral("def f():\n\n    return 1"));
}

void TestMarkdown::anyWayToCutATextGivesTheSameBlocks()
{
    const auto expected = parseMarkdown(kDocument);
    for (qsizetype cut = 0; cut <= kDocument.size(); ++cut) {
        StreamingMarkdown text;
        text.append(kDocument.left(cut));
        text.append(kDocument.mid(cut));
        QVERIFY2(text.frozen() + text.tail() == expected, qPrintable(QString::number(cut)));
    }
    for (int round = 0; round < 50; ++round) {
        StreamingMarkdown text;
        for (qsizetype at = 0; at < kDocument.size();) {
            const qsizetype size = integer(1, 12);
            text.append(kDocument.mid(at, size));
            at += size;
        }
        QVERIFY(text.frozen() + text.tail() == expected);
    }
}

void TestMarkdown::frozenBlocksNeverChange()
{
    StreamingMarkdown text;
    QList<MarkdownBlock> before;
    for (const QChar c : kDocument) {
        text.append(c);
        QVERIFY(text.frozen().size() >= before.size());
        QVERIFY(text.frozen().first(before.size()) == before);
        before = text.frozen();
    }
    QVERIFY(before.size() > 5);
}

void TestMarkdown::unclosedFenceIsShownAsCode()
{
    const MarkdownBlock block = only("```cpp\nint x;");

    QCOMPARE(block.kind, MarkdownBlock::Kind::Code);
    QCOMPARE(block.language, QStringLiteral("cpp"));
    QCOMPARE(block.code, QStringLiteral("int x;"));
}

void TestMarkdown::onlyABareFenceOfItsKindEndsCode_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<bool>("ends");
    QTest::newRow("the same") << "````" << true;
    QTest::newRow("longer, with spaces after") << "   `````  " << true;
    QTest::newRow("shorter") << "```" << false;
    QTest::newRow("with a language") << "````python" << false;
    QTest::newRow("of the other kind") << "~~~~" << false;
    QTest::newRow("indented as code") << "    ````" << false;
}

// Letter by letter, the text must come out as when it is parsed at once.
void TestMarkdown::onlyABareFenceOfItsKindEndsCode()
{
    QFETCH(QString, line);
    QFETCH(bool, ends);
    const QString source = "````cpp\nint a;\n" + line + "\n\nint b;\n\nAfter.\n\nEnd.\n";
    StreamingMarkdown text;
    for (const QChar c : source)
        text.append(c);
    const auto blocks = text.frozen() + text.tail();

    QCOMPARE(blocks.size() > 1, ends);
    QCOMPARE(blocks.first().code.contains("int b"), !ends);
}

void TestMarkdown::htmlIsShownAsText()
{
    for (const char *source :
         {"<script>alert(1)</script>", "a <img src=x onerror=y> b", "<a href='file:///etc/passwd'>x</a>",
          "`<b>`", "&lt;b&gt; &nosuch\"onload=x;"}) {
        const QString html = only(QString::fromLatin1(source)).html;
        for (const char *tag : {"<script", "<img", "<a ", "onload=x\">"})
            QVERIFY2(!html.contains(QLatin1String(tag)), qPrintable(html));
    }
}

void TestMarkdown::imagesLoadNothing()
{
    const QString html = only("![a goose](file:///etc/passwd)").html;

    QVERIFY(!html.contains("<img"));
    QVERIFY(html.contains("a goose") && html.contains("file:///etc/passwd"));
}

void TestMarkdown::onlyHarmlessLinksAreLinks()
{
    QVERIFY(only("[x](https://example.org/?a=1&b=\"2\")")
                .html.contains("<a href=\"https://example.org/?a=1&amp;b=&quot;2&quot;\">"));
    for (const char *source :
         {"[x](javascript:alert(1))", "[x](file:///etc/passwd)", "[x](data:text/html,y)", "[x](relative)"})
        QVERIFY2(!only(QString::fromLatin1(source)).html.contains("<a"), source);
}

void TestMarkdown::hostileTextIsParsedQuickly()
{
    // Linear time is md4c's promise; a minute would be the test's own limit if something here were quadratic.
    const QStringList hostile{QString(50'000, u'['),
                              QString(50'000, u'*'),
                              QString(50'000, u'>'),
                              QStringLiteral("| a ").repeated(20'000) + "|\n" +
                                  QStringLiteral("|---").repeated(20'000) + "|\n",
                              QStringLiteral("a\n\n").repeated(20'000),
                              QStringLiteral("- ").repeated(20'000)};
    for (const QString &source : hostile)
        QVERIFY(parseMarkdown(source).size() <= source.size());
}

QTEST_GUILESS_MAIN(TestMarkdown)
#include "tst_markdown.moc"
