// Files: reads stay in bounds whatever the file does, writes are whole or absent.
#include "core/base/file.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace volary;

class TestFile : public QObject {
    Q_OBJECT

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void readsWhatIsThere();
    void readBeyondTheEndIsAnError();
    void fileThatShrinksMeanwhileIsAnError();
    void onlyRegularFilesAreOpened_data();
    void onlyRegularFilesAreOpened();
    void missingFileIsNamed();
    void fileAboveTheLimitIsNotRead();
    void atomicWriteReplacesTheWholeFile();
    void failedWriteLeavesTheOldContent();
    void newFilesRespectTheUmask();

private:
    std::filesystem::path path(const char *name) const { return m_folder->filePath(name).toStdString(); }
    static std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestFile::readsWhatIsThere()
{
    std::ofstream(path("a")) << "hello world";
    REQUIRE(const InputFile file, InputFile::open(path("a")));
    QCOMPARE(file.bytes(), std::uint64_t(11));
    std::string text(5, ' ');

    VERIFY_OK(file.read(6, std::as_writable_bytes(std::span(text))));

    QCOMPARE(text, std::string("world"));
    REQUIRE(const std::string whole, readFile(path("a"), 11));
    QCOMPARE(whole, std::string("hello world"));
}

void TestFile::readBeyondTheEndIsAnError()
{
    std::ofstream(path("a")) << "hello";
    REQUIRE(const InputFile file, InputFile::open(path("a")));
    std::byte buffer[4];

    QVERIFY(!file.read(2, buffer));
    QVERIFY(!file.read(UINT64_MAX - 1, buffer));
    QVERIFY(file.read(5, std::span<std::byte>()));
}

void TestFile::fileThatShrinksMeanwhileIsAnError()
{
    std::ofstream(path("a")) << std::string(100'000, 'x');
    REQUIRE(const InputFile file, InputFile::open(path("a")));
    std::filesystem::resize_file(path("a"), 10);
    std::vector<std::byte> buffer(1000);

    const auto outcome = file.read(50'000, buffer);

    QVERIFY(!outcome);
    QVERIFY(!outcome.error().what.empty());
}

void TestFile::onlyRegularFilesAreOpened_data()
{
    QTest::addColumn<QString>("kind");
    for (const char *kind : {"folder", "pipe", "device"})
        QTest::newRow(kind) << kind;
}

void TestFile::onlyRegularFilesAreOpened()
{
    QFETCH(QString, kind);
    std::filesystem::path target = path("x");
    if (kind == "folder")
        std::filesystem::create_directory(target);
    else if (kind == "pipe")
        QCOMPARE(mkfifo(target.c_str(), 0600), 0);
    else
        target = "/dev/zero";

    const auto opened = InputFile::open(target); // a pipe must not be waited for

    QVERIFY(!opened);
}

void TestFile::missingFileIsNamed()
{
    const auto opened = InputFile::open(path("nowhere"));

    QVERIFY(!opened);
    QVERIFY(QString::fromStdString(opened.error().what).contains("nowhere"));
}

void TestFile::fileAboveTheLimitIsNotRead()
{
    std::ofstream(path("a")) << "hello";

    QVERIFY(!readFile(path("a"), 4));
}

void TestFile::atomicWriteReplacesTheWholeFile()
{
    VERIFY_OK(writeFileAtomically(path("a"), bytes("a long first content")));
    VERIFY_OK(writeFileAtomically(path("a"), bytes("short")));

    REQUIRE(const std::string text, readFile(path("a"), 100));
    QCOMPARE(text, std::string("short"));
    int files = 0;
    for (const auto &entry : std::filesystem::directory_iterator(m_folder->path().toStdString()))
        files += entry.exists();
    QCOMPARE(files, 1); // nothing is left beside it
}

void TestFile::failedWriteLeavesTheOldContent()
{
    VERIFY_OK(writeFileAtomically(path("a"), bytes("the old content")));
    const std::string large(100'000, 'x');
    // In a child of its own: the limit cannot be lifted again.
    const pid_t child = fork();
    QVERIFY(child >= 0);
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{4096, 4096};
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(writeFileAtomically(path("a"), bytes(large)) ? 1 : 0);
    }
    int status = 0;
    QCOMPARE(waitpid(child, &status, 0), child);

    QVERIFY2(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the write must fail, not succeed or crash");
    REQUIRE(const std::string text, readFile(path("a"), 100));
    QCOMPARE(text, std::string("the old content"));
}

void TestFile::newFilesRespectTheUmask()
{
    const mode_t before = umask(0077);
    const auto written = writeFileAtomically(path("private"), bytes("secret"));
    umask(before);
    VERIFY_OK(written);

    struct stat status {};
    QCOMPARE(stat(path("private").c_str(), &status), 0);
    QCOMPARE(int(status.st_mode & 0777), 0600);
}

QTEST_GUILESS_MAIN(TestFile)
#include "tst_file.moc"
