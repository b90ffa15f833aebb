// The whole library as one file, and back.
#include "core/store/library.h"
#include "tests/store/samples.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>

using namespace volary;
using test::image;
using test::same;
using test::turn;

namespace {

bool goOn(double)
{
    return true;
}

// Larger than what is copied at once.
SnapshotImage largeImage(std::uint64_t seed)
{
    SnapshotImage made = image(seed);
    made.state.push_back(
        test::tensor("blocks.9.att.wkv", {40, 256, 256}, StateRole::Wkv, 9, "head,value,key", seed));
    return made;
}

struct Scene {
    QTemporaryDir folder;
    std::uint64_t seed = test::seed();

    std::string path(const char *name = "library.volary") const
    {
        return folder.filePath(QString::fromLatin1(name)).toStdString();
    }
    QStringList files() const
    {
        return QDir(folder.path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden);
    }
    // A conversation of two turns with a snapshot each.
    Result<> add(Library &library, const std::string &title) const
    {
        TRY(const ConversationId id, library.createConversation(test::conversation(title)));
        TRY(const TurnId user, library.saveTurn(turn(id, {}, "Hello " + title, Role::User), {}, image(seed)));
        TRY_(library.saveTurn(turn(id, user, "Good day"), {}, image(seed + 1)));
        return {};
    }
    Result<> make(const char *name, const std::string &title) const
    {
        TRY(const auto library, Library::open(path(name)));
        return add(*library, title);
    }
};

Result<QStringList> titles(const std::string &path)
{
    TRY(const auto library, Library::open(path, OpenMode::ReadOnly));
    TRY(const auto conversations, library->conversations());
    QStringList all;
    for (const Conversation &conversation : conversations)
        all += QString::fromStdString(conversation.title);
    return all;
}

QByteArray bytesOf(const std::string &path)
{
    QFile file(QString::fromStdString(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("unreadable");
}

void execute(const std::string &path, const char *sql)
{
    sqlite3 *database = nullptr;
    QCOMPARE(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    QCOMPARE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    QCOMPARE(sqlite3_close(database), SQLITE_OK);
}

} // namespace

class TestBackup : public QObject {
    Q_OBJECT

private slots:
    void backupHoldsEverythingWhileTheLibraryIsOpen()
    {
        Scene scene;
        REQUIRE(const auto library, Library::open(scene.path()));
        VERIFY_OK(scene.add(*library, "Geese"));
        REQUIRE(const SnapshotId own, library->saveSnapshot(image(scene.seed + 2), "pond"));
        REQUIRE(const auto reader, Library::open(scene.path(), OpenMode::ReadOnly));
        double last = 0;
        bool checked = false;

        REQUIRE(const auto damage, reader->backUp(scene.path("copy.volary"), [&](double fraction) {
            checked = checked || fraction < 0;
            last = std::max(last, fraction);
            return true;
        }));

        QVERIFY(damage.empty());
        QVERIFY(checked);
        QCOMPARE(last, 1.0);
        QVERIFY(QFile::exists(QString::fromStdString(scene.path("copy.volary"))));
        for (const QString &name : scene.files())
            QVERIFY2(name == "copy.volary" || name.startsWith("library.volary"), qPrintable(name));
        REQUIRE(const auto copy, Library::open(scene.path("copy.volary")));
        REQUIRE(const LibraryInfo info, copy->info());
        QCOMPARE(info.notice, std::string()); // not as one that ended in the middle of its work
        QCOMPARE(info.conversations, std::int64_t(1));
        REQUIRE(const auto turns, copy->turns(1));
        QCOMPARE(turns.size(), std::size_t(2));
        QCOMPARE(turns[1].text, std::string("Good day"));
        REQUIRE(const auto state, copy->loadSnapshot(*turns[1].snapshot));
        QVERIFY(same(*state, image(scene.seed + 1)));
        REQUIRE(const auto named, copy->loadSnapshot(own));
        QVERIFY(same(*named, image(scene.seed + 2)));
    }

    void writingGoesOnWhileABackupIsMade()
    {
        Scene scene;
        REQUIRE(const auto library, Library::open(scene.path()));
        REQUIRE(const SnapshotId first, library->saveSnapshot(largeImage(scene.seed), "first"));
        REQUIRE(const auto reader, Library::open(scene.path(), OpenMode::ReadOnly));
        int steps = 0;
        bool written = true;

        REQUIRE(const auto damage, reader->backUp(scene.path("copy.volary"), [&](double fraction) {
            if (fraction >= 0 && ++steps < 100)
                written = written && library->saveSnapshot(image(scene.seed + std::uint64_t(steps)), "later");
            return true;
        }));

        QVERIFY(damage.empty());
        QVERIFY(written);
        QVERIFY2(steps > 1 && steps < 100, qPrintable(QString::number(steps))); // it never began again
        REQUIRE(const auto copy, Library::open(scene.path("copy.volary"), OpenMode::ReadOnly));
        REQUIRE(const auto snapshots, copy->snapshots());
        QCOMPARE(snapshots.size(), std::size_t(1)); // as the library was when the backup began
        QCOMPARE(snapshots[0].id, first);
    }

    void cancelledBackupLeavesTheOldOne()
    {
        Scene scene;
        VERIFY_OK(scene.make("library.volary", "Geese"));
        QVERIFY(QDir(scene.folder.path()).mkdir("copy.volary.unfinished")); // of a run that was killed
        REQUIRE(const auto reader, Library::open(scene.path(), OpenMode::ReadOnly));
        VERIFY_OK(reader->backUp(scene.path("copy.volary"), goOn));
        const QByteArray before = bytesOf(scene.path("copy.volary"));
        VERIFY_OK(scene.make("library.volary", "Ducks"));

        for (const bool whileChecking : {false, true}) {
            const auto cancelled = reader->backUp(
                scene.path("copy.volary"), [&](double fraction) { return whileChecking == (fraction >= 0); });
            QVERIFY(!cancelled);
            QCOMPARE(cancelled.error().code, ErrorCode::Cancelled);
            QCOMPARE(bytesOf(scene.path("copy.volary")), before);
            QVERIFY(!scene.files().contains("copy.volary.unfinished"));
        }
    }

    void backupOntoTheLibraryIsRefused()
    {
        Scene scene;
        VERIFY_OK(scene.make("library.volary", "Geese"));
        QVERIFY(QDir(scene.folder.path()).mkdir("sub"));
        REQUIRE(const auto reader, Library::open(scene.path(), OpenMode::ReadOnly));
        for (const char *name : {"library.volary", "sub/../library.volary"}) {
            const auto refused = reader->backUp(scene.path(name), goOn);
            QVERIFY(!refused);
            QCOMPARE(refused.error().code, ErrorCode::Invalid);
        }
        const auto nowhere = reader->backUp("/proc/nowhere/copy.volary", goOn);
        QVERIFY(!nowhere);
        QCOMPARE(nowhere.error().code, ErrorCode::Io);
    }

    void damageIsCopiedAndTold()
    {
        Scene scene;
        VERIFY_OK(scene.make("library.volary", "Geese"));
        execute(scene.path(), "UPDATE turn SET tokens = tokens + 1 WHERE id = 1");
        REQUIRE(const auto reader, Library::open(scene.path(), OpenMode::ReadOnly));
        REQUIRE(const auto damage, reader->backUp(scene.path("copy.volary"), goOn));
        QCOMPARE(damage.size(), std::size_t(1));
        REQUIRE(const Library::Restored restored,
                Library::restore(scene.path("copy.volary"), scene.path("new.volary"), goOn));
        QCOMPARE(restored.damage.size(), std::size_t(1));
        REQUIRE(const QStringList found, titles(scene.path("new.volary")));
        QCOMPARE(found, QStringList{"Geese"});
    }

    void restoredLibraryStandsInThePlaceOfTheOldOne()
    {
        Scene scene;
        VERIFY_OK(scene.make("library.volary", "Geese"));
        {
            REQUIRE(const auto reader, Library::open(scene.path(), OpenMode::ReadOnly));
            VERIFY_OK(reader->backUp(scene.path("copy.volary"), goOn));
        }
        for (const char *name : {"library.volary.replaced", "library.volary.replaced-2"}) {
            VERIFY_OK(scene.make("library.volary", "Ducks"));
            REQUIRE(const Library::Restored restored,
                    Library::restore(scene.path("copy.volary"), scene.path(), goOn));
            QVERIFY(restored.damage.empty());
            QCOMPARE(QString::fromStdString(restored.replaced.filename().string()), QString(name));
            REQUIRE(const QStringList now, titles(scene.path()));
            QCOMPARE(now, QStringList{"Geese"});
            REQUIRE(const QStringList old, titles(scene.path(name)));
            QCOMPARE(old, (QStringList{"Ducks", "Geese"}));
        }
        REQUIRE(const auto opened, Library::open(scene.path()));
        VERIFY_OK(scene.add(*opened, "Swans"));
        REQUIRE(const QStringList copy, titles(scene.path("copy.volary")));
        QCOMPARE(copy, QStringList{"Geese"}); // the backup is nobody's library
        for (const QString &file : scene.files())
            QVERIFY2(!file.startsWith("copy.volary-"), qPrintable(file)); // it stays alone
    }

    void changesOfAWriterThatDiedAreKeptWithTheOldLibrary()
    {
        Scene scene, dead;
        VERIFY_OK(scene.make("copy.volary", "Geese"));
        {
            REQUIRE(const auto writer, Library::open(scene.path()));
            VERIFY_OK(scene.add(*writer, "Ducks"));
            for (const char *name : {"library.volary", "library.volary-wal"}) // as a kill leaves them
                QVERIFY(QFile::copy(QString::fromStdString(scene.path(name)),
                                    QString::fromStdString(dead.path(name))));
        }
        REQUIRE(const Library::Restored restored,
                Library::restore(scene.path("copy.volary"), dead.path(), goOn));
        REQUIRE(const QStringList now, titles(dead.path()));
        QCOMPARE(now, QStringList{"Geese"});
        REQUIRE(const QStringList old, titles(restored.replaced.string()));
        QCOMPARE(old, QStringList{"Ducks"});
    }

    void olderBackupsAreUpgraded_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"version1.volary", "version2.volary"})
            QTest::newRow(name) << QString(name);
    }
    void olderBackupsAreUpgraded()
    {
        QFETCH(QString, name);
        Scene scene;
        const std::filesystem::path source = scene.path("older.volary"); // a reader leaves files beside it
        QVERIFY(QFile::copy(QStringLiteral(VOLARY_TEST_DATA "/store/") + name,
                            QString::fromStdString(source.string())));
        const QByteArray before = bytesOf(source);
        REQUIRE(const Library::Restored restored, Library::restore(source, scene.path(), goOn));
        QVERIFY(restored.replaced.empty());
        REQUIRE(const QStringList found, titles(scene.path()));
        QVERIFY(!found.isEmpty());
        QCOMPARE(bytesOf(source), before);
        for (const QString &file : scene.files())
            QVERIFY2(!file.contains("backup") && !file.contains("unfinished"), qPrintable(file));
    }

    void whatIsNoBackupLeavesTheLibraryAlone()
    {
        Scene scene;
        VERIFY_OK(scene.make("library.volary", "Geese"));
        VERIFY_OK(scene.make("copy.volary", "Ducks"));
        const QByteArray before = bytesOf(scene.path()), good = bytesOf(scene.path("copy.volary"));
        const auto write = [&](const QByteArray &bytes) {
            QFile file(QString::fromStdString(scene.path("bad.volary")));
            return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
        };
        for (const QByteArray &bad : {QByteArray(), QByteArray("no library"), good.left(good.size() - 100),
                                      good.left(65'536), QByteArray(good).replace(68, 4, "XXXX")}) {
            QVERIFY(write(bad));
            QVERIFY(!Library::restore(scene.path("bad.volary"), scene.path(), goOn));
            QCOMPARE(bytesOf(scene.path()), before);
        }
        QVERIFY(!Library::restore(scene.path("missing.volary"), scene.path(), goOn));
        QVERIFY(!Library::restore(scene.path(), scene.path(), goOn));
        const auto cancelled = Library::restore(scene.path("copy.volary"), scene.path(),
                                                [](double fraction) { return fraction >= 0; });
        QVERIFY(!cancelled);
        QCOMPARE(cancelled.error().code, ErrorCode::Cancelled);
        {
            REQUIRE(const auto open, Library::open(scene.path()));
            const auto busy = Library::restore(scene.path("copy.volary"), scene.path(), goOn);
            QVERIFY(!busy);
            QCOMPARE(busy.error().code, ErrorCode::Busy);
        }
        REQUIRE(const QStringList found, titles(scene.path()));
        QCOMPARE(found, QStringList{"Geese"});
        for (const QString &file : scene.files())
            QVERIFY2(!file.contains("replaced") && !file.contains("unfinished"), qPrintable(file));
    }
};

QTEST_GUILESS_MAIN(TestBackup)
#include "tst_backup.moc"
