// Which devices there are, and what is said of those that cannot be used.
#include "core/engine/backends.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace volary;

namespace {

DeviceChoice choiceOf(const std::string &backend)
{
    for (const DeviceChoice &choice : listDevices()) {
        if (choice.device.backend == backend)
            return choice;
    }
    return {};
}

} // namespace

class TestBackends : public QObject {
    Q_OBJECT

private slots:
    void cleanup() { qunsetenv("VOLARY_BACKENDS"); }
    void theProcessorCanAlwaysBeUsed();
    void cudaRunsOrSaysWhyNot();
    void aMissingCudaLibraryIsNamed();
    void aFileThatIsNoLibraryIsRefused();
};

void TestBackends::theProcessorCanAlwaysBeUsed()
{
    QVERIFY(choiceOf("cpu").unusable.empty());
    QVERIFY(bool(makeBackend("auto")));
}

void TestBackends::cudaRunsOrSaysWhyNot()
{
    const DeviceChoice cuda = choiceOf("cuda");
    const auto backend = makeBackend("cuda");
    QCOMPARE(bool(backend), cuda.unusable.empty());
    if (backend)
        QVERIFY(cuda.device.memoryBytes > 0);
    else
        QCOMPARE(backend.error().what, cuda.unusable);
}

void TestBackends::aMissingCudaLibraryIsNamed()
{
    const QTemporaryDir empty;
    qputenv("VOLARY_BACKENDS", empty.path().toUtf8());
    QVERIFY(choiceOf("cuda").unusable.find("libvolary_cuda.so") != std::string::npos);
    QVERIFY(!makeBackend("cuda"));
    QVERIFY(!measureDevice("cuda"));
}

void TestBackends::aFileThatIsNoLibraryIsRefused()
{
    const QTemporaryDir folder;
    QFile file(folder.filePath("libvolary_cuda.so"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("not a library");
    file.close();
    qputenv("VOLARY_BACKENDS", folder.path().toUtf8());
    QVERIFY(choiceOf("cuda").unusable.find("cannot be opened") != std::string::npos);
    QVERIFY(!makeBackend("cuda"));
}

QTEST_GUILESS_MAIN(TestBackends)
#include "tst_backends.moc"
