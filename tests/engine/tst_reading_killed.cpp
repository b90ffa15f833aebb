// kill -9 while a book is read: no more than 2,048 tokens are read again, and the end is the same state as
// without.
#include "tests/engine/harness.h"
#include "tests/engine/reading_samples.h"
#include "tests/support/verify.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace volary;
using namespace volary::test;

namespace {

constexpr std::int64_t kMayLoseTokens = 2'048;

struct Said {
    std::int64_t done = 0, safe = 0, total = 0, firstDone = -1;
    bool ended = false;
};

Said parse(const QByteArray &output)
{
    Said said;
    for (const QByteArray &line : output.left(output.lastIndexOf('\n') + 1).split('\n')) {
        const auto words = line.split(' ');
        if (words[0] == "read" && words.size() == 5 && words[4].toLongLong() > 0) {
            said.done = words[2].toLongLong();
            said.safe = words[3].toLongLong();
            said.total = words[4].toLongLong();
            if (said.firstDone < 0)
                said.firstDone = said.done;
        }
        said.ended = said.ended || words[0] == "ended";
    }
    return said;
}

} // namespace

class TestReadingKilled : public QObject {
    Q_OBJECT

private slots:
    void littleIsReadAgain();
};

void TestReadingKilled::littleIsReadAgain()
{
    QTemporaryDir folder;
    const auto path = [&](const char *name) { return folder.filePath(name).toStdString(); };
    const Document book = madeUpBook(6, 60);
    DocumentId id = 0, other = 0;
    {
        REQUIRE(const auto library, Library::open(path("killed.db")));
        REQUIRE(id, library->addDocument(book, "book.md"));
        REQUIRE(const auto untouched, Library::open(path("whole.db")));
        REQUIRE(other, untouched->addDocument(book, "book.md"));
    }
    std::int64_t stored = 0;
    int rounds = 0, cuts = 0;
    for (bool ended = false; !ended && rounds < 100; ++rounds) {
        QProcess driver;
        driver.start(QCoreApplication::applicationDirPath() + "/reading_driver",
                     {folder.filePath("killed.db"), QString::fromStdString(bundledModel().string()),
                      QString::number(id)});
        QVERIFY(driver.waitForStarted());
        QByteArray output;
        QElapsedTimer clock;
        clock.start();
        const int until = integer(1, 3'000); // tokens beyond where it begins
        while (clock.elapsed() < 60'000 && driver.state() == QProcess::Running) {
            driver.waitForReadyRead(20);
            output += driver.readAllStandardOutput();
            const Said said = parse(output);
            if (said.firstDone >= 0 && said.done - stored >= until)
                break;
        }
        driver.kill();
        driver.waitForFinished();
        output += driver.readAllStandardOutput();
        const Said said = parse(output);
        QVERIFY2(said.total > 0, driver.readAllStandardError().constData());
        QVERIFY(said.firstDone >= stored); // it began where it had come to

        REQUIRE(const auto library, Library::open(path("killed.db")));
        REQUIRE(const StoredDocument document, library->document(id));
        const std::int64_t now = document.readings.empty() ? 0 : document.readings[0].position;
        QVERIFY2(now >= said.safe && now >= stored, "what was called safe is there");
        QVERIFY2(now + kMayLoseTokens >= said.done,
                 qPrintable(QString("%1 of %2 tokens kept").arg(now).arg(said.done)));
        cuts += said.done > now ? 1 : 0;
        ended = now == said.total;
        stored = now;
    }
    QVERIFY(rounds >= 3);

    Harness whole(path("whole.db"));
    QVERIFY(whole.openModel());
    const auto read = whole.ask<event::ReadingEnded>(command::ReadDocument{other});
    QVERIFY(read && !read->error);
    whole.close();
    REQUIRE(const auto a, Library::open(path("killed.db")));
    REQUIRE(const auto b, Library::open(path("whole.db")));
    REQUIRE(const StoredDocument cut, a->document(id));
    REQUIRE(const StoredDocument straight, b->document(other));
    const auto compare = [&](SnapshotId first, SnapshotId second) {
        REQUIRE(const auto x, a->loadSnapshot(first));
        REQUIRE(const auto y, b->loadSnapshot(second));
        QVERIFY(x->tokens == y->tokens);
        QCOMPARE(x->state.size(), y->state.size());
        for (std::size_t i = 0; i < x->state.size(); ++i)
            QVERIFY2(*x->state[i].bytes == *y->state[i].bytes, x->state[i].spec.name.c_str());
    };
    compare(*cut.readings[0].snapshot, *straight.readings[0].snapshot);
    for (int chapter = 0; chapter < 6; ++chapter) {
        REQUIRE(const auto first, a->chapterSnapshot(cut.readings[0].id, chapter));
        REQUIRE(const auto second, b->chapterSnapshot(straight.readings[0].id, chapter));
        QVERIFY(first && second);
        compare(*first, *second);
    }
    REQUIRE(const auto damage, a->verify());
    QVERIFY2(damage.empty(), damage.empty() ? "" : damage.front().what.c_str());
    REQUIRE(const auto left, a->snapshots());
    QCOMPARE(left.size(), std::size_t(6)); // one per chapter, the last of which is the end; no others
    qInfo("%d rounds, %d of them lost something", rounds, cuts);
}

QTEST_GUILESS_MAIN(TestReadingKilled)
#include "tst_reading_killed.moc"
