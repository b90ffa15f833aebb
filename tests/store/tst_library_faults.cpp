// What the library promises when things go wrong: killed processes, full and failing disks, damaged files.
#include "core/store/library.h"
#include "tests/store/failing_vfs.h"
#include "tests/store/samples.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <random>
#include <sys/wait.h>
#include <unistd.h>

using namespace volary;
using test::image;
using test::turn;

namespace {

constexpr int kKills = 50;

struct Scene {
    QTemporaryDir folder;
    QString file(const QString &name = QStringLiteral("library.volary")) const
    {
        return folder.filePath(name);
    }
    std::string path() const { return file().toStdString(); }
};

struct Saved {
    TurnId id;
    std::uint64_t seed;
};

std::unique_ptr<QProcess> startWriter(const Scene &scene, const QStringList &arguments)
{
    auto process = std::make_unique<QProcess>();
    process->setProcessChannelMode(QProcess::MergedChannels);
    process->start(VOLARY_LIBRARY_WRITER, QStringList{scene.file()} + arguments);
    return process;
}

std::vector<Saved> acknowledged(const QByteArray &output)
{
    std::vector<Saved> saved;
    QByteArrayList lines = output.split('\n');
    lines.removeLast(); // what was cut off was not read by anybody
    for (const QByteArray &line : lines)
        if (line.startsWith("saved ")) {
            const QByteArrayList words = line.split(' ');
            saved.push_back({words[1].toLongLong(), words[2].toULongLong()});
        }
    return saved;
}

// Empty when everything acknowledged is there and nothing is damaged.
std::string whatIsWrong(const Library &library, const std::vector<Saved> &expected)
{
    std::map<TurnId, Turn> turns;
    const auto conversations = library.conversations();
    if (!conversations)
        return conversations.error().what;
    for (const Conversation &conversation : conversations.value()) {
        const auto found = library.turns(conversation.id);
        if (!found)
            return found.error().what;
        for (const Turn &one : found.value()) {
            if ((one.status == TurnStatus::Partial) == one.snapshot.has_value())
                return "a finished turn has no snapshot, or a partial one has";
            turns[one.id] = one;
        }
    }
    for (const Saved &saved : expected) {
        if (!turns.contains(saved.id))
            return "turn " + std::to_string(saved.id) + " is gone";
        const Turn &one = turns.at(saved.id);
        if (one.text != "turn of seed " + std::to_string(saved.seed) || !one.snapshot)
            return "turn " + std::to_string(saved.id) + " is another one";
        const auto stored = library.loadSnapshot(*one.snapshot);
        if (!stored)
            return stored.error().what;
        if (stored.value()->sampler != image(saved.seed).sampler)
            return "another snapshot";
    }
    const auto damage = library.verify();
    if (!damage)
        return damage.error().what;
    return damage.value().empty() ? std::string() : damage.value().front().what;
}

// A small library, closed: the texts and images that damaged copies are compared with.
void writeSample(const std::string &path)
{
    REQUIRE(const auto library, Library::open(path));
    REQUIRE(const auto id, library->createConversation(test::conversation("Ducks")));
    std::optional<TurnId> parent;
    for (std::uint64_t i = 0; i < 4; ++i) {
        REQUIRE(parent, library->saveTurn(turn(id, parent, "turn of seed " + std::to_string(i)),
                                          {{{1, {{1, 1.0f}}}}}, image(i, 1'500, 60)));
    }
}

// Everything a reader can see, as one text; what is reported as damaged says so. A damaged place never looks
// intact.
std::string story(const Library &library)
{
    std::string told;
    const auto conversations = library.conversations();
    if (!conversations)
        return "reported";
    for (const Conversation &conversation : conversations.value()) {
        if (conversation.damaged)
            return "reported";
        told += conversation.title + conversation.preview + std::to_string(conversation.turns) +
                conversation.settingsJson;
        const auto turns = library.turns(conversation.id);
        if (!turns)
            return "reported";
        for (const Turn &one : turns.value()) {
            const auto stored =
                one.snapshot ? library.loadSnapshot(*one.snapshot) : Error{ErrorCode::NotFound, "", ""};
            const auto traces = library.traces(one.id);
            if (one.damaged || !stored || !traces)
                return "reported";
            const SnapshotImage &found = *stored.value();
            told += one.text + std::to_string(one.id) + std::to_string(found.tokens.size()) +
                    std::to_string(traces.value().size());
            for (const TensorImage &tensor : found.state)
                told.append(reinterpret_cast<const char *>(tensor.bytes->data()), tensor.bytes->size());
        }
    }
    return told;
}

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void overwrite(const QString &path, const QByteArray &bytes)
{
    QFile::remove(path + "-wal");
    QFile::remove(path + "-shm");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

} // namespace

class TestLibraryFaults : public QObject {
    Q_OBJECT

private slots:
    void acknowledgedTurnsSurviveKillingTheWriter()
    {
        const Scene scene;
        std::mt19937 random(1);
        std::vector<Saved> all;
        for (int round = 0; round < kKills; ++round) {
            const auto process = startWriter(scene, {"write"});
            QByteArray output;
            // A random number of lines is waited for, then the writer is shot in the middle of whatever it
            // does.
            const int lines = int(random() % 12);
            while (output.count('\n') < lines && process->waitForReadyRead(20'000))
                output += process->readAll();
            process->kill();
            process->waitForFinished();
            output += process->readAll();
            QVERIFY2(!output.contains("error"), output.constData());
            const std::vector<Saved> saved = acknowledged(output);
            all.insert(all.end(), saved.begin(), saved.end());

            REQUIRE(const auto library, Library::open(scene.path()));
            const std::string wrong = whatIsWrong(*library, round % 10 == 9 ? all : saved);
            QVERIFY2(wrong.empty(), wrong.c_str());
        }
        QVERIFY(all.size() > 50);
    }

    void killedWriterIsMentioned()
    {
        const Scene scene;
        const auto process = startWriter(scene, {"hold"});
        QVERIFY(process->waitForReadyRead());
        process->kill();
        process->waitForFinished();

        REQUIRE(const auto library, Library::open(scene.path()));

        REQUIRE(const auto info, library->info());
        QVERIFY(info.notice.find("did not end properly") != std::string::npos);
    }

    void fullDiskLosesNothingThatWasStored()
    {
        for (int kibibytes = 64; kibibytes <= 4'096; kibibytes += 192) {
            const Scene scene;
            {
                const auto first = startWriter(scene, {"write", "3"});
                QVERIFY(first->waitForFinished(20'000));
                const std::vector<Saved> before = acknowledged(first->readAll());
                QCOMPARE(before.size(), 3u);

                const auto process = startWriter(scene, {"limit", QString::number(kibibytes * 1'024)});
                QVERIFY(process->waitForFinished(60'000));
                const QByteArray output = process->readAll();
                QVERIFY2(output.contains("error"), output.constData());

                std::vector<Saved> all = acknowledged(output);
                all.insert(all.end(), before.begin(), before.end());
                REQUIRE(const auto library, Library::open(scene.path()));
                const std::string wrong = whatIsWrong(*library, all);
                QVERIFY2(wrong.empty(), wrong.c_str());
            }
        }
    }

    void everyFailingWriteLeavesTheOldOrTheNewState_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<int>("expected");
        QTest::newRow("disk full") << int(SQLITE_FULL) << int(ErrorCode::Io);
        QTest::newRow("write error") << int(SQLITE_IOERR_WRITE) << int(ErrorCode::Io);
    }

    void everyFailingWriteLeavesTheOldOrTheNewState()
    {
        QFETCH(int, code);
        QFETCH(int, expected);
        const Scene scene;
        writeSample(scene.path());
        const QByteArray sample = contents(scene.file());
        test::FailingVfs disk;
        int call = 1;
        for (bool succeeded = false; !succeeded; ++call) {
            QVERIFY(call < 500);
            overwrite(scene.file(), sample);
            std::optional<TurnId> saved;
            {
                REQUIRE(const auto library, Library::open(scene.path()));
                disk.failFrom(call, code);
                const auto outcome = library->saveTurn(turn(1, 4, "turn of seed 9"), {}, image(9, 1'600, 60));
                succeeded = !disk.failed();
                disk.heal();
                if (outcome)
                    saved = outcome.value();
                else
                    QCOMPARE(int(outcome.error().code), expected);
                QVERIFY(saved || !succeeded);
                // The connection goes on: what failed can be tried again.
                if (!saved)
                    VERIFY_OK(library->saveTurn(turn(1, 4, "retry"), {}, image(10)));
            }
            REQUIRE(const auto library, Library::open(scene.path()));
            std::vector<Saved> all{{1, 0}, {2, 1}, {3, 2}, {4, 3}};
            if (saved)
                all.push_back({*saved, 9});
            const std::string wrong = whatIsWrong(*library, all);
            QVERIFY2(wrong.empty(), wrong.c_str());
        }
        QVERIFY(call > 3);
    }

    void failingUpgradeLeavesTheOldVersion()
    {
        const QByteArray old = contents(VOLARY_TEST_DATA "/store/version1.volary");
        test::FailingVfs disk;
        for (int call = 1;; ++call) {
            QVERIFY(call < 500);
            const Scene scene;
            overwrite(scene.file(), old);
            disk.failFrom(call, SQLITE_FULL);
            const auto failing = Library::open(scene.path());
            const bool met = disk.failed();
            disk.heal();
            if (!met)
                break;
            if (failing)
                continue; // it failed after the upgrade
            REQUIRE(const auto library, Library::open(scene.path()));
            REQUIRE(const auto turns, library->turns(1));
            QCOMPARE(turns.size(), 2u);
            REQUIRE(const auto damage, library->verify());
            QVERIFY(damage.empty());
        }
    }

    void flippedByteIsReportedOrHarmless()
    {
        const Scene scene;
        writeSample(scene.path());
        const QByteArray sample = contents(scene.file());
        std::string expected;
        {
            REQUIRE(const auto library, Library::open(scene.path()));
            expected = story(*library);
        }
        int reported = 0;
        for (qsizetype at = 0; at < sample.size(); at += at < 4'096 ? 37 : 4'096) {
            QByteArray damaged = sample;
            damaged[at] = char(damaged[at] ^ 0x55);
            overwrite(scene.file(), damaged);
            const auto library = Library::open(scene.path(), OpenMode::ReadOnly);
            if (!library) {
                ++reported;
                continue;
            }
            const std::string told = story(*library.value());
            const auto damage = library.value()->verify();
            const bool found = !damage || !damage.value().empty();
            reported += found ? 1 : 0;
            QVERIFY2(told == expected || found, qPrintable(QStringLiteral("byte %1").arg(at)));
        }
        QVERIFY(reported > 5);
    }

    void damagedStateNamesItsTurnAndLeavesTheRestReadable()
    {
        const Scene scene;
        writeSample(scene.path());
        QByteArray damaged = contents(scene.file());
        const auto state = *image(2, 1'500, 60).state[30].bytes;
        const qsizetype at =
            damaged.indexOf(QByteArrayView(reinterpret_cast<const char *>(state.data()), 24));
        QVERIFY(at > 0);
        damaged[at + 5] = char(~damaged[at + 5]);
        overwrite(scene.file(), damaged);

        REQUIRE(const auto library, Library::open(scene.path()));

        REQUIRE(const auto turns, library->turns(1));
        QCOMPARE(turns.size(), 4u);
        const auto refused = library->loadSnapshot(*turns[2].snapshot);
        QVERIFY(!refused);
        QCOMPARE(int(refused.error().code), int(ErrorCode::Corrupt));
        QVERIFY(refused.error().what.find("turn 3 in “Ducks”") != std::string::npos);
        for (const int other : {0, 1, 3})
            VERIFY_OK(library->loadSnapshot(*turns[std::size_t(other)].snapshot));
        REQUIRE(const auto damage, library->verify());
        QCOMPARE(damage.size(), 1u);
        QVERIFY(damage[0].what.find("turn 3 in “Ducks”") != std::string::npos);
        // Storing the same state again heals it.
        VERIFY_OK(library->saveSnapshot(image(2, 1'500, 60), ""));
        VERIFY_OK(library->loadSnapshot(*turns[2].snapshot));
    }

    void damagedTextIsShownAsDamaged()
    {
        const Scene scene;
        writeSample(scene.path());
        QByteArray damaged = contents(scene.file());
        const qsizetype at = damaged.indexOf("turn of seed 2");
        QVERIFY(at > 0);
        damaged[at] = 'b';
        overwrite(scene.file(), damaged);

        REQUIRE(const auto library, Library::open(scene.path()));

        REQUIRE(const auto turns, library->turns(1));
        QVERIFY(turns[2].damaged && !turns[1].damaged);
        QCOMPARE(turns[2].text, std::string("burn of seed 2"));
        VERIFY_OK(library->saveTurn(turn(1, 4, "more"), {}, image(7)));
        VERIFY_OK(library->hideTurn(3));
        VERIFY_OK(library->restoreTurn(3));
        REQUIRE(const auto again, library->turns(1));
        QVERIFY(again[2].damaged); // no change declares the damage to be right
    }

    void truncatedFileIsRefusedUntouched()
    {
        const Scene scene;
        writeSample(scene.path());
        const QByteArray sample = contents(scene.file());
        for (qsizetype length = 0; length < sample.size(); length += length < 200 ? 50 : 40'961) {
            overwrite(scene.file(), sample.first(length));

            const auto refused = Library::open(scene.path());

            QVERIFY2(!refused, qPrintable(QStringLiteral("%1 bytes").arg(length)));
            QCOMPARE(int(refused.error().code), int(ErrorCode::Corrupt));
            QVERIFY(contents(scene.file()) == sample.first(length));
        }
    }

    void otherFilesAreRefusedUntouched()
    {
        const Scene scene;
        for (const QByteArray &bytes : {QByteArray("hello"), QByteArray(100'000, 'x')}) {
            overwrite(scene.file(), bytes);

            const auto refused = Library::open(scene.path());

            QVERIFY(!refused);
            QVERIFY(refused.error().what.find("no library") != std::string::npos);
            QCOMPARE(contents(scene.file()), bytes);
        }
    }

    void newerVersionIsRefusedUntouched()
    {
        const Scene scene;
        writeSample(scene.path());
        QByteArray newer = contents(scene.file());
        newer[63] = 9; // user_version, big-endian at 60
        overwrite(scene.file(), newer);

        for (const OpenMode mode : {OpenMode::ReadWrite, OpenMode::ReadOnly}) {
            const auto refused = Library::open(scene.path(), mode);

            QVERIFY(!refused);
            QCOMPARE(int(refused.error().code), int(ErrorCode::Unsupported));
            QVERIFY(refused.error().what.find("its version is 9") != std::string::npos);
            QVERIFY(contents(scene.file()) == newer);
        }
    }

    void foreignTriggerIsRefused()
    {
        const Scene scene;
        writeSample(scene.path());
        sqlite3 *database = nullptr;
        sqlite3_open(scene.path().c_str(), &database);
        QCOMPARE(sqlite3_exec(database, "CREATE TRIGGER t AFTER INSERT ON model BEGIN DELETE FROM turn; END",
                              nullptr, nullptr, nullptr),
                 SQLITE_OK);
        sqlite3_close(database);

        const auto refused = Library::open(scene.path());

        QVERIFY(!refused);
        QCOMPARE(int(refused.error().code), int(ErrorCode::Corrupt));
    }

    void logWithoutItsLibraryIsNotMixedIntoANewOne()
    {
        const Scene scene;
        QFile log(scene.file() + "-wal");
        QVERIFY(log.open(QIODevice::WriteOnly));
        log.write(QByteArray(1'000, 'w'));
        log.close();

        const auto refused = Library::open(scene.path());

        QVERIFY(!refused);
        QCOMPARE(int(refused.error().code), int(ErrorCode::Corrupt));
        QVERIFY(!QFile::exists(scene.file()));
    }

    void oneOfManyProcessesWrites_data()
    {
        QTest::addColumn<int>("processes");
        QTest::newRow("two") << 2;
        QTest::newRow("eight") << 8;
    }

    void oneOfManyProcessesWrites()
    {
        QFETCH(int, processes);
        const Scene scene;
        const auto holder = startWriter(scene, {"hold"});
        QVERIFY(holder->waitForReadyRead());

        std::vector<std::unique_ptr<QProcess>> others;
        for (int i = 1; i < processes; ++i)
            others.push_back(startWriter(scene, {"try"}));

        for (const auto &other : others) {
            QVERIFY(other->waitForFinished());
            QCOMPARE(other->readAll(), QByteArray("busy\n"));
        }
        holder->kill();
        holder->waitForFinished();
        const auto next = startWriter(scene, {"try"});
        QVERIFY(next->waitForFinished());
        QCOMPARE(next->readAll(), QByteArray("writer\n")); // the lock of the killed one does not stay
    }

    void writeProtectedFolderCanBeRead()
    {
        const Scene scene;
        writeSample(scene.path());
        QFile::remove(scene.file() + "-wal");
        QFile::remove(scene.file() + "-shm");
        QFile::remove(scene.file() + ".lock");
        QFile::setPermissions(scene.file(), QFile::ReadOwner | QFile::ReadGroup | QFile::ReadOther);
        QFile::setPermissions(scene.folder.path(), QFile::ReadOwner | QFile::ExeOwner | QFile::ReadGroup |
                                                       QFile::ExeGroup | QFile::ReadOther | QFile::ExeOther);
        const pid_t child = fork();
        if (child == 0) { // root may write everywhere: become somebody else
            if (geteuid() == 0 && setuid(65'534) != 0)
                _exit(1);
            const auto writer = Library::open(scene.path());
            if (writer || writer.error().code != ErrorCode::Io)
                _exit(2);
            const auto reader = Library::open(scene.path(), OpenMode::ReadOnly);
            if (!reader)
                _exit(3);
            const auto turns = reader.value()->turns(1);
            _exit(turns && turns.value().size() == 4 ? 0 : 4);
        }
        int status = -1;
        waitpid(child, &status, 0);
        QFile::setPermissions(scene.folder.path(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        QVERIFY(WIFEXITED(status));
        QCOMPARE(WEXITSTATUS(status), 0);
    }
};

QTEST_GUILESS_MAIN(TestLibraryFaults)
#include "tst_library_faults.moc"
