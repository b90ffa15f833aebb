// Books: chapters in their order, and archives that want to do harm.
#include "core/documents/document.h"
#include "tests/documents/zip_writer.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QTemporaryDir>

using namespace volary;
using namespace volary::test;

class TestEpub : public QObject {
    Q_OBJECT

private slots:
    void chaptersComeInTheOrderOfTheSpine();
    void chaptersWithoutHeadingsCountAsParts();
    void badBooksAreRefusedByName_data();
    void badBooksAreRefusedByName();
    void aBombIsRefusedBeforeItUnpacks();
    void anyDamagedByteIsHandled();
    void aStopCancels();

private:
    Result<Document> read(const std::string &bytes, std::stop_token stop = {})
    {
        QFile file(m_folder.filePath("ducks.epub"));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes.data(), qint64(bytes.size())) < 0)
            return Error{ErrorCode::Io, "the test cannot write", ""};
        file.close();
        return readDocument(file.fileName().toStdString(), std::move(stop));
    }
    QTemporaryDir m_folder;
};

void TestEpub::chaptersComeInTheOrderOfTheSpine()
{
    auto parts = bookOf({"<h1>First</h1><p>alpha</p>", "<h1>Second</h1><p>beta</p><script>x</script>"});
    std::swap(parts[3], parts[4]); // the order in the archive means nothing
    REQUIRE(const Document book, read(zipOf(parts)));
    QVERIFY(book.format == DocumentFormat::Epub);
    QCOMPARE(book.title, std::string("The Ducks & I"));
    QCOMPARE(book.text, std::string("First\n\nalpha\n\nSecond\n\nbeta"));
    QCOMPARE(book.sections.size(), std::size_t(2));
    QCOMPARE(book.sections[1].title, std::string("Second"));
    QCOMPARE(book.text.substr(book.sections[1].begin), std::string("Second\n\nbeta"));
    QCOMPARE(book.sections[1].end, book.text.size());
}

void TestEpub::chaptersWithoutHeadingsCountAsParts()
{
    const std::string chapter = "<p>" + std::string(500, 'a') + "</p>";
    REQUIRE(const Document book, read(zipOf(bookOf({"<p>Title page</p>", chapter, chapter}))));
    QCOMPARE(book.sections.size(), std::size_t(3));
    QCOMPARE(book.sections[0].title, std::string("Beginning"));
    QCOMPARE(book.sections[1].title, std::string("Part 2"));
}

void TestEpub::badBooksAreRefusedByName_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("word");
    const auto row = [](const char *name, const std::vector<ZipPart> &parts, const char *word) {
        const std::string bytes = zipOf(parts);
        QTest::newRow(name) << QByteArray(bytes.data(), qsizetype(bytes.size())) << word;
    };
    auto parts = bookOf({"<p>x</p>"});
    parts.erase(parts.begin() + 1);
    row("no container", parts, "container.xml");
    parts = bookOf({"<p>x</p>"});
    parts.erase(parts.begin() + 2);
    row("no package", parts, "book.opf");
    parts = bookOf({"<p>x</p>"});
    parts.pop_back();
    row("a chapter is missing", parts, "a 0.xhtml");
    row("no chapters", bookOf({}), "no chapters");
    row("no text", bookOf({"<p> </p>"}), "no text");
    parts = bookOf({"<p>x</p>"});
    parts[3].name = "../evil";
    row("a name that leaves the archive", parts, "unsafe name");
    parts = bookOf({"<p>x</p>"});
    parts[3].claimedBytes = 3;
    row("longer than it claims", parts, "damaged");
    parts[3].claimedBytes = 3000;
    row("shorter than it claims", parts, "damaged");
    parts.push_back({"META-INF/encryption.xml", "x"});
    parts.push_back({"META-INF/rights.xml", "x"});
    row("locked", parts, "locked");
    parts = bookOf({"<p>x</p>"});
    parts[1].content = "<rootfile full-path=\"" + std::string(20, 'x') + "\"/>";
    row("a package elsewhere", parts, "xxxx");
}

void TestEpub::badBooksAreRefusedByName()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, word);
    const auto book = read(bytes.toStdString());
    QVERIFY(!book);
    QVERIFY2(book.error().what.find(word.toStdString()) != std::string::npos, book.error().what.c_str());
}

void TestEpub::aBombIsRefusedBeforeItUnpacks()
{
    auto parts = bookOf({std::string(1 << 20, 'a')});
    parts[3].claimedBytes = std::int64_t(0xF0000000);
    const auto claimed = read(zipOf(parts));
    QVERIFY(!claimed);
    QVERIFY2(claimed.error().what.find("at most") != std::string::npos, claimed.error().what.c_str());

    auto honest = bookOf({std::string((64u << 20) + 1, 'a')});
    const auto refused = read(zipOf(honest));
    QVERIFY(!refused);
    QVERIFY2(refused.error().what.find("at most") != std::string::npos, refused.error().what.c_str());

    auto dense = bookOf({"<p>x</p>"}); // denser than deflate can be
    dense[3].claimedBytes = 60 << 20;
    QVERIFY(!read(zipOf(dense)));
}

void TestEpub::anyDamagedByteIsHandled()
{
    const std::string good = zipOf(bookOf({"<h1>First</h1><p>alpha</p>", "<p>beta</p>"}));
    for (int round = 0; round < 500; ++round) {
        std::string bytes = good;
        for (int i = integer(1, 3); i > 0; --i)
            bytes[std::size_t(integer(0, int(bytes.size()) - 1))] = char(integer(0, 255));
        if (integer(0, 3) == 0)
            bytes.resize(std::size_t(integer(0, int(bytes.size()))));
        const auto book = read(bytes);
        QVERIFY(book ? !book.value().text.empty() : !book.error().what.empty());
    }
}

void TestEpub::aStopCancels()
{
    std::stop_source source;
    source.request_stop();
    const auto book = read(zipOf(bookOf({"<p>x</p>"})), source.get_token());
    QVERIFY(!book);
    QVERIFY(book.error().code == ErrorCode::Cancelled);
}

QTEST_GUILESS_MAIN(TestEpub)
#include "tst_epub.moc"
