// kill -9 while the engine chats: what was announced is there, and the running reply lost at most two
// seconds.
#include "core/base/sha256.h"
#include "tests/engine/harness.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <chrono>

using namespace volary;
using namespace volary::test;

namespace {

constexpr int kRounds = 50;
constexpr std::int64_t kMayLoseMs = 2000; // the oath

std::int64_t nowMs()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

struct Said {
    std::map<TurnId, std::string> finished; // text hashes
    std::size_t shownInTime = 0; // bytes of the running reply that were shown two seconds before the end
};

Said parse(const QByteArray &output, std::int64_t killedMs)
{
    Said said;
    const auto lines = output.split('\n');
    for (const QByteArray &line : lines) {
        const auto words = line.split(' ');
        if (words[0] == "finished" && words.size() == 3 && words[2].size() == 64) {
            said.finished[words[1].toLongLong()] = words[2].toStdString();
            said.shownInTime = 0;
        }
        if (words[0] == "shown" && words.size() == 3 && words[1].toLongLong() <= killedMs - kMayLoseMs)
            said.shownInTime = std::size_t(words[2].toULongLong());
    }
    return said;
}

// Until one reply has been running for so long; replies end when the model says so, so this may take a few.
void waitForARunningReply(QProcess &driver, QByteArray &output, int ageMs)
{
    const std::int64_t giveUp = nowMs() + 20000;
    while (nowMs() < giveUp) {
        driver.waitForReadyRead(50);
        output += driver.readAllStandardOutput();
        const qsizetype start =
            output.indexOf("shown ", std::max<qsizetype>(0, output.lastIndexOf("finished ")));
        const qint64 sinceMs = output.mid(start + 6, output.indexOf(' ', start + 6) - start - 6).toLongLong();
        if (start >= 0 && sinceMs > 0 && nowMs() - sinceMs >= ageMs)
            return;
    }
}

} // namespace

class TestEngineKilled : public QObject {
    Q_OBJECT

private slots:
    void nothingAnnouncedIsLost();
};

void TestEngineKilled::nothingAnnouncedIsLost()
{
    QTemporaryDir folder;
    const QString library = folder.filePath("library.db");
    std::map<TurnId, std::string> promised;
    int partials = 0;
    for (int round = 0; round < kRounds; ++round) {
        const bool longReply = round % 5 == 0;
        QProcess driver;
        driver.start(QCoreApplication::applicationDirPath() + "/engine_driver",
                     {library, QString::fromStdString(bundledModel().string()),
                      QString::number(integer(1, 1 << 30)), longReply ? "long" : "short"});
        QVERIFY(driver.waitForStarted());
        QVERIFY(driver.waitForReadyRead(30000));
        QByteArray output;
        if (longReply)
            waitForARunningReply(driver, output, integer(2200, 3500));
        else
            QTest::qWait(integer(0, 500));
        const std::int64_t killed = nowMs();
        driver.kill();
        driver.waitForFinished();
        const Said said = parse(output + driver.readAllStandardOutput(), killed);
        promised.insert(said.finished.begin(), said.finished.end());

        REQUIRE(const auto opened, Library::open(library.toStdString()));
        REQUIRE(const auto conversations, opened->conversations());
        std::map<TurnId, Turn> stored;
        std::optional<Turn> running;
        for (const Conversation &conversation : conversations) {
            REQUIRE(const auto turns, opened->turns(conversation.id));
            for (const Turn &turn : turns)
                stored[turn.id] = turn;
        }
        for (const auto &[id, turn] : stored) {
            if (turn.status == TurnStatus::Partial)
                running = turn; // the newest one: ids ascend
        }
        for (const auto &[id, hash] : promised) {
            QVERIFY2(stored.contains(id), qPrintable(QString("turn %1 is gone").arg(id)));
            QCOMPARE(toHex(sha256(std::as_bytes(std::span(stored[id].text)))), hash);
            QVERIFY(stored[id].snapshot);
        }
        for (const auto &[id, hash] : said.finished)
            VERIFY_OK(opened->loadSnapshot(*stored[id].snapshot));
        if (said.shownInTime > 0) {
            QVERIFY(running);
            QVERIFY2(
                running->text.size() >= said.shownInTime,
                qPrintable(QString("%1 of %2 bytes kept").arg(running->text.size()).arg(said.shownInTime)));
            ++partials;
        }
    }
    REQUIRE(const auto opened, Library::open(library.toStdString()));
    REQUIRE(const auto damage, opened->verify());
    QVERIFY2(damage.empty(), damage.empty() ? "" : damage.front().what.c_str());
    qInfo("%zu announced turns, %d rounds cut a reply that had been shown for two seconds", promised.size(),
          partials);
    QVERIFY(promised.size() > 20);
    QVERIFY(partials >= 5); // else the second half of the promise was not put to the test
}

QTEST_GUILESS_MAIN(TestEngineKilled)
#include "tst_engine_killed.moc"
