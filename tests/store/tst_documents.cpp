// Documents in the library: the text once, readings with their states, and what happens when they go.
#include "tests/store/samples.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>

#include <sqlite3.h>

using namespace volary;
using namespace volary::test;

namespace {

Document ducks(const std::string &text = "Ducks swim.\n\nThey also fly.")
{
    Document document;
    document.title = "Ducks";
    document.format = DocumentFormat::Markdown;
    document.text = text;
    document.sections = {{"Swimming", 1, 0, 13}, {"Flying", 2, 13, text.size()}};
    document.notice = "guessed";
    return document;
}

} // namespace

class TestDocuments : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->filePath("library.volary").toStdString();
        auto opened = Library::open(m_path);
        QVERIFY(opened);
        m_library = std::move(opened).value();
    }
    void cleanup() { m_library.reset(); }

    void aDocumentComesBackWhole();
    void theSameTextIsKeptOnce();
    void aReadingKeepsItsNewestState();
    void modelsReadOnTheirOwn();
    void chapterStatesOutliveTheNextCheckpoint();
    void deletingTakesStatesAlongButNoConversation();
    void aStateInUseIsNotDeleted();
    void summariesAreReplaced();
    void damageIsNoticed();

private:
    void change(const char *sql)
    {
        m_library.reset();
        sqlite3 *database = nullptr;
        QCOMPARE(sqlite3_open(m_path.c_str(), &database), SQLITE_OK);
        QCOMPARE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(database);
        auto opened = Library::open(m_path);
        QVERIFY(opened);
        m_library = std::move(opened).value();
    }
    std::size_t snapshots() { return m_library->snapshots().value().size(); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::string m_path;
    std::unique_ptr<Library> m_library;
};

void TestDocuments::aDocumentComesBackWhole()
{
    REQUIRE(const DocumentId id, m_library->addDocument(ducks(), "ducks.md"));
    REQUIRE(const StoredDocument document, m_library->document(id));
    QCOMPARE(document.title, std::string("Ducks"));
    QCOMPARE(document.source, std::string("ducks.md"));
    QCOMPARE(document.format, std::string("markdown"));
    QCOMPARE(document.notice, std::string("guessed"));
    QCOMPARE(document.bytes, std::int64_t(ducks().text.size()));
    QVERIFY(!document.damaged);
    REQUIRE(const std::string text, m_library->documentText(id));
    QCOMPARE(text, ducks().text);
    REQUIRE(const auto sections, m_library->documentSections(id));
    QVERIFY(sections == ducks().sections);
    VERIFY_OK(m_library->renameDocument(id, "Geese"));
    REQUIRE(const auto all, m_library->documents());
    QCOMPARE(all.size(), std::size_t(1));
    QCOMPARE(all[0].title, std::string("Geese"));
    QVERIFY(!m_library->document(id + 1));
    QVERIFY(!m_library->documentText(id + 1));
}

void TestDocuments::theSameTextIsKeptOnce()
{
    REQUIRE(const DocumentId first, m_library->addDocument(ducks(), "a.md"));
    REQUIRE(const DocumentId again, m_library->addDocument(ducks(), "b.md"));
    REQUIRE(const DocumentId other, m_library->addDocument(ducks("Geese fly.\n\n\nAway."), "c.md"));
    QCOMPARE(again, first);
    QVERIFY(other != first);
}

void TestDocuments::aReadingKeepsItsNewestState()
{
    REQUIRE(const DocumentId id, m_library->addDocument(ducks(), "a.md"));
    for (int tokens = 2000; tokens <= 5000; tokens += 1000)
        VERIFY_OK(m_library->saveReading(id, image(std::uint64_t(tokens), tokens), 5000));
    REQUIRE(const StoredDocument document, m_library->document(id));
    QCOMPARE(document.readings.size(), std::size_t(1));
    const Reading &reading = document.readings[0];
    QCOMPARE(reading.position, 5000);
    QVERIFY(reading.complete());
    QVERIFY(!reading.damaged);
    QCOMPARE(reading.modelName, std::string("Goose"));
    QCOMPARE(snapshots(), std::size_t(1));
    REQUIRE(const auto stored, m_library->loadSnapshot(*reading.snapshot));
    QVERIFY(same(*stored, image(5000, 5000)));
    QVERIFY(!m_library->saveReading(id + 1, image(1), 5));
    QCOMPARE(snapshots(), std::size_t(1));
}

void TestDocuments::modelsReadOnTheirOwn()
{
    REQUIRE(const DocumentId id, m_library->addDocument(ducks(), "a.md"));
    SnapshotImage other = image(2, 7);
    other.model.fingerprint = std::string(64, 'e');
    VERIFY_OK(m_library->saveReading(id, image(1, 5), 10));
    VERIFY_OK(m_library->saveReading(id, other, 12));
    REQUIRE(const StoredDocument document, m_library->document(id));
    QCOMPARE(document.readings.size(), std::size_t(2));
    VERIFY_OK(m_library->forgetReading(document.readings[0].id));
    REQUIRE(const StoredDocument rest, m_library->document(id));
    QCOMPARE(rest.readings.size(), std::size_t(1));
    QCOMPARE(rest.readings[0].id, document.readings[1].id);
    QCOMPARE(snapshots(), std::size_t(1));
}

void TestDocuments::chapterStatesOutliveTheNextCheckpoint()
{
    REQUIRE(const DocumentId id, m_library->addDocument(ducks(), "a.md"));
    VERIFY_OK(m_library->saveReading(id, image(1, 5), 9, 0));
    REQUIRE(const Reading reading, m_library->saveReading(id, image(2, 9), 9, 1));
    QCOMPARE(snapshots(), std::size_t(2));
    REQUIRE(const auto first, m_library->chapterSnapshot(reading.id, 0));
    QVERIFY(first);
    REQUIRE(const auto stored, m_library->loadSnapshot(*first));
    QVERIFY(same(*stored, image(1, 5)));
    REQUIRE(const auto none, m_library->chapterSnapshot(reading.id, 7));
    QVERIFY(!none);
    VERIFY_OK(m_library->deleteDocument(id));
    QCOMPARE(snapshots(), std::size_t(0));
}

void TestDocuments::deletingTakesStatesAlongButNoConversation()
{
    REQUIRE(const DocumentId id, m_library->addDocument(ducks(), "a.md"));
    VERIFY_OK(m_library->saveReading(id, image(1, 5), 5));
    REQUIRE(const ConversationId asked, m_library->createConversation(conversation("Do they fly?")));
    REQUIRE(const ConversationId other, m_library->createConversation(conversation("Else")));
    Q_UNUSED(other);
    VERIFY_OK(m_library->saveTurn(turn(asked, {}, "Do they fly?", Role::User), {}, image(2, 8)));
    VERIFY_OK(m_library->noteQuestion(id, asked));
    VERIFY_OK(m_library->noteQuestion(id, asked));
    REQUIRE(const auto questions, m_library->questions(id));
    QCOMPARE(questions.size(), std::size_t(1));
    QCOMPARE(questions[0].title, std::string("Do they fly?"));
    VERIFY_OK(m_library->deleteDocument(id));
    QVERIFY(!m_library->document(id));
    QCOMPARE(snapshots(), std::size_t(1));
    REQUIRE(const auto turns, m_library->turns(asked));
    QCOMPARE(turns.size(), std::size_t(1));
    REQUIRE(const auto damage, m_library->verify());
    QVERIFY(damage.empty());
    QVERIFY(!m_library->deleteDocument(id));
}

void TestDocuments::aStateInUseIsNotDeleted()
{
    REQUIRE(const DocumentId id, m_library->addDocument(ducks(), "a.md"));
    REQUIRE(const Reading reading, m_library->saveReading(id, image(1, 5), 5));
    const auto refused = m_library->deleteSnapshot(*reading.snapshot);
    QVERIFY(!refused);
    QVERIFY2(refused.error().what.find("document “Ducks”") != std::string::npos,
             refused.error().what.c_str());
    VERIFY_OK(m_library->nameSnapshot(*reading.snapshot, "kept"));
    VERIFY_OK(m_library->deleteDocument(id));
    QCOMPARE(snapshots(), std::size_t(1)); // what has a name stays
}

void TestDocuments::summariesAreReplaced()
{
    REQUIRE(const DocumentId id, m_library->addDocument(ducks(), "a.md"));
    REQUIRE(const Reading reading, m_library->saveReading(id, image(1, 5), 5));
    VERIFY_OK(m_library->saveSummary({reading.id, 1, "Flying", "They fly.", 0, false}));
    VERIFY_OK(m_library->saveSummary({reading.id, Summary::kWhole, "", "Ducks!", 0, false}));
    VERIFY_OK(m_library->saveSummary({reading.id, 1, "Flying", "Ducks fly.", 0, false}));
    REQUIRE(const auto summaries, m_library->summaries(id));
    QCOMPARE(summaries.size(), std::size_t(2));
    QCOMPARE(summaries[0].chapter, Summary::kWhole);
    QCOMPARE(summaries[1].text, std::string("Ducks fly."));
    QVERIFY(!summaries[1].damaged);
    QVERIFY(!m_library->saveSummary({reading.id + 1, 1, "", "", 0, false}));
}

void TestDocuments::damageIsNoticed()
{
    REQUIRE(const DocumentId id, m_library->addDocument(ducks(), "a.md"));
    REQUIRE(const Reading reading, m_library->saveReading(id, image(1, 5), 5));
    VERIFY_OK(m_library->saveSummary({reading.id, Summary::kWhole, "", "Ducks!", 0, false}));
    const std::vector<const char *> changes{
        "UPDATE document_text SET text = replace(text, 'fly', 'cry')", "UPDATE document SET title = 'Dicks'",
        "UPDATE document_section SET end_at = 14 WHERE seq = 0", "UPDATE reading SET position = 4",
        "UPDATE summary SET text = 'Docks!'"};
    std::size_t known = 0;
    for (const char *sql : changes) {
        change(sql);
        REQUIRE(const auto damage, m_library->verify());
        QVERIFY2(damage.size() > known || known == 2, sql); // one for the text, one for all the rest
        known = damage.size();
    }
    QVERIFY(!m_library->documentText(id));
    QVERIFY(!m_library->documentSections(id));
    REQUIRE(const StoredDocument document, m_library->document(id));
    QVERIFY(document.damaged && document.readings[0].damaged);
    REQUIRE(const auto summaries, m_library->summaries(id));
    QVERIFY(summaries[0].damaged);
    QVERIFY(!m_library->renameDocument(id, "x"));
}

QTEST_GUILESS_MAIN(TestDocuments)
#include "tst_documents.moc"
