// Where the parts of a text begin.
#include "core/documents/sections.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QTemporaryDir>

using namespace volary;
using namespace volary::test;

class TestSections : public QObject {
    Q_OBJECT

private slots:
    void markdownHasItsHeadings();
    void chapterLinesAreFound();
    void aTableOfContentsDoesNotCount();
    void longTextIsCutAtParagraphs();
    void sectionsCoverTheText();
    void filesAreReadByTheirKind_data();
    void filesAreReadByTheirKind();
};

void TestSections::markdownHasItsHeadings()
{
    const std::string text = "# A title #\n\nx\n```\n# no heading\n```\n## Inside\n#tag\n####### seven\n";
    const auto headings = markdownHeadings(text);
    QCOMPARE(headings.size(), std::size_t(2));
    QCOMPARE(headings[0].title, std::string("A title"));
    QCOMPARE(headings[1].title, std::string("Inside"));
    QCOMPARE(headings[1].level, 2);
    QCOMPARE(text.substr(headings[1].begin, 9), std::string("## Inside"));
}

void TestSections::chapterLinesAreFound()
{
    const std::string body = "\n\n" + std::string(300, 'x') + "\n\n";
    std::string text;
    for (const char *line : {"CHAPTER I.", "Chapter 2: The Sea", "  Chapter Three", "BOOK THE THIRD",
                             "Part of it went wrong", "Chapterhouse 4"})
        text += line + body;
    const auto headings = chapterLines(text);
    QCOMPARE(headings.size(), std::size_t(4));
    QCOMPARE(headings[1].title, std::string("Chapter 2: The Sea"));
}

void TestSections::aTableOfContentsDoesNotCount()
{
    const std::string body = "\n\n" + std::string(300, 'x') + "\n\n";
    const std::string text = "Chapter 1\n\nChapter 2\n\nOf ducks\n\nChapter 1" + body + "Chapter 2" + body;
    const auto headings = chapterLines(text);
    QCOMPARE(headings.size(), std::size_t(2));
    QCOMPARE(headings[0].begin, std::uint64_t(text.rfind("Chapter 1")));
}

void TestSections::longTextIsCutAtParagraphs()
{
    std::string text;
    while (text.size() < 200'000)
        text += std::string(std::size_t(integer(20, 900)), 'a') + "\n\n";
    const auto sections = sectionsFrom(text, {});
    QVERIFY(sections.size() > 4);
    for (std::size_t i = 1; i < sections.size(); ++i)
        QCOMPARE(text.substr(sections[i].begin - 2, 2), std::string("\n\n"));
    QCOMPARE(sectionsFrom("short", {}).front().title, std::string("Whole text"));
}

void TestSections::sectionsCoverTheText()
{
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (int i = integer(0, 60); i > 0; --i)
            text += std::vector<std::string>{
                "# a\n", "## b\n", "\n", "ü", " ", std::string(9000, 'y')}[std::size_t(integer(0, 5))];
        if (text.empty())
            continue;
        const auto sections = sectionsFrom(text, markdownHeadings(text));
        std::uint64_t at = 0;
        for (const Section &section : sections) {
            QCOMPARE(section.begin, at);
            QVERIFY(section.end > section.begin && section.level >= 1);
            QVERIFY((text[section.begin] & 0xC0) != 0x80);
            at = section.end;
        }
        QCOMPARE(at, std::uint64_t(text.size()));
    }
}

void TestSections::filesAreReadByTheirKind_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("format");
    QTest::addColumn<QString>("title");
    QTest::newRow("text") << "Of ducks.txt" << QByteArray("ducks") << int(DocumentFormat::Text) << "Of ducks";
    QTest::newRow("markdown") << "a.MD" << QByteArray("# b\nc\n# d\n") << int(DocumentFormat::Markdown)
                              << "a";
    QTest::newRow("html") << "a.html" << QByteArray("<title>Ducks</title><p>x") << int(DocumentFormat::Html)
                          << "Ducks";
    QTest::newRow("html by content") << "a.txt" << QByteArray("<!DOCTYPE html><p>x")
                                     << int(DocumentFormat::Html) << "a";
    QTest::newRow("empty") << "a.txt" << QByteArray(" \n") << -1 << "";
    QTest::newRow("binary") << "a.txt" << QByteArray("\x01\x00\x02\xFF", 4) << -1 << "";
}

void TestSections::filesAreReadByTheirKind()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, bytes);
    QFETCH(int, format);
    QFETCH(QString, title);
    QTemporaryDir folder;
    QFile file(folder.filePath(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    file.close();
    const auto document = readDocument(file.fileName().toStdString());
    QCOMPARE(bool(document), format >= 0);
    if (document) {
        QCOMPARE(int(document.value().format), format);
        QCOMPARE(QString::fromStdString(document.value().title), title);
    } else {
        QVERIFY(document.error().what.starts_with("Opening a.txt"));
    }
}

QTEST_GUILESS_MAIN(TestSections)
#include "tst_sections.moc"
