// Text, hashes and the worker thread.
#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/base/worker.h"

#include <QTest>

#include <atomic>
#include <future>

using namespace volary;

class TestBase : public QObject {
    Q_OBJECT

private slots:
    void bytesAreShownInBinaryUnits();
    void countsAreGrouped();
    void treacherousTextIsEscaped();
    void validityOfUtf8IsThatOfUnicode();
    void hashesAreThoseOfTheStandard();
    void hashingInPiecesEqualsHashingAtOnce();
    void jobsRunInOrder();
    void waitingJobsRunBeforeTheWorkerEnds();
    void runningJobIsAskedToStop();
};

void TestBase::bytesAreShownInBinaryUnits()
{
    QCOMPARE(formatBytes(0), std::string("0 bytes"));
    QCOMPARE(formatBytes(1), std::string("1 byte"));
    QCOMPARE(formatBytes(1536), std::string("1.5 KiB"));
    QCOMPARE(formatBytes(25159192), std::string("24.0 MiB"));
    QCOMPARE(formatBytes(1048575), std::string("1.0 MiB"));
    QCOMPARE(formatBytes(UINT64_MAX), std::string("16.0 EiB"));
}

void TestBase::countsAreGrouped()
{
    QCOMPARE(formatCount(0), std::string("0"));
    QCOMPARE(formatCount(999), std::string("999"));
    QCOMPARE(formatCount(25159192), std::string("25,159,192"));
}

void TestBase::treacherousTextIsEscaped()
{
    QCOMPARE(printable("blocks.0.att"), std::string("blocks.0.att"));
    QCOMPARE(printable("naïve 鹅"), std::string("naïve 鹅"));
    QCOMPARE(printable("a\nb\x1b[31m"), std::string("a\\x0ab\\x1b[31m"));
    QCOMPARE(printable("\xE2\x80\xAE"
                       "abc"),
             std::string("\\xe2\\x80\\xaeabc")); // right-to-left override
    QCOMPARE(printable("\xFF"), std::string("\\xff"));
    QCOMPARE(printable(std::string(500, 'x'), 10), std::string("xxxxxxxxxx..."));
}

void TestBase::validityOfUtf8IsThatOfUnicode()
{
    for (const char *good : {"", "a", "é", "鹅", "🪿", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"})
        QVERIFY2(isValidUtf8(good), good);
    for (const char *bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                            "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xC3"})
        QVERIFY(!isValidUtf8(bad));
}

void TestBase::hashesAreThoseOfTheStandard()
{
    // FIPS 180-4 examples.
    QCOMPARE(toHex(sha256({})),
             std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    const std::string_view abc = "abc";
    QCOMPARE(toHex(sha256(std::as_bytes(std::span(abc)))),
             std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

void TestBase::hashingInPiecesEqualsHashingAtOnce()
{
    const std::string text(1000, 'g');
    for (const std::size_t piece : {1, 7, 63, 64, 65, 999}) {
        Sha256 hash;
        for (std::size_t at = 0; at < text.size(); at += piece)
            hash.update(std::string_view(text).substr(at, piece));
        QVERIFY(hash.finish() == sha256(std::as_bytes(std::span(text))));
    }
}

void TestBase::jobsRunInOrder()
{
    std::vector<int> order; // touched by the worker alone until it has ended
    {
        Worker worker;
        for (int i = 0; i < 1000; ++i)
            worker.post([&order, i](std::stop_token) { order.push_back(i); });
    }
    QCOMPARE(order.size(), std::size_t(1000));
    QVERIFY(std::ranges::is_sorted(order));
}

void TestBase::waitingJobsRunBeforeTheWorkerEnds()
{
    std::promise<void> gate;
    std::atomic<bool> saved = false;
    {
        Worker worker;
        worker.post([open = gate.get_future().share()](std::stop_token) { open.wait(); });
        worker.post([&saved](std::stop_token) { saved = true; });
        QVERIFY(worker.hasWaiting());
        gate.set_value();
    }
    QVERIFY(saved);
}

void TestBase::runningJobIsAskedToStop()
{
    std::atomic<bool> stopped = false;
    std::promise<void> started;
    {
        Worker worker;
        worker.post([&](std::stop_token stop) {
            started.set_value();
            while (!stop.stop_requested())
                std::this_thread::yield();
            stopped = true;
        });
        started.get_future().wait();
    }
    QVERIFY(stopped);
}

QTEST_GUILESS_MAIN(TestBase)
#include "tst_base.moc"
