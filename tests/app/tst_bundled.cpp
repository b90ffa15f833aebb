// Finding bundled models and the user's folders.
#include "app/support/bundled.h"
#include "app/support/paths.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

using namespace volary;

class TestBundled : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        QVERIFY(m_resources.isValid());
        QVERIFY(QDir(m_resources.path()).mkpath("models/heron"));
        QVERIFY(QDir(m_resources.path()).mkpath("models/crane"));
        qputenv("VOLARY_RESOURCES", m_resources.path().toUtf8());
    }
    void cleanup() { qunsetenv("VOLARY_RESOURCES"); }

    void modelsAreListedByName()
    {
        const auto models = bundledModels();

        QCOMPARE(models.size(), std::size_t(2));
        QCOMPARE(models[0].filename(), std::filesystem::path("crane"));
        QCOMPARE(models[1].filename(), std::filesystem::path("heron"));
    }

    void aBundledNameBecomesItsFolder()
    {
        const auto path = resolveModelPath("bundled:heron");

        QVERIFY(path);
        QVERIFY(std::filesystem::is_directory(path.value()));
        QCOMPARE(path.value().filename(), std::filesystem::path("heron"));
    }

    void anOrdinaryPathStaysAsItIs()
    {
        const auto path = resolveModelPath("models/my bird.pth");

        QVERIFY(path);
        QCOMPARE(path.value(), std::filesystem::path("models/my bird.pth"));
    }

    void anUnknownNameIsAnsweredWithTheKnownOnes()
    {
        const auto path = findBundledModel("swan");

        QVERIFY(!path);
        QVERIFY(path.error().what.find("swan") != std::string::npos);
        QVERIFY(path.error().remedy.find("crane, heron") != std::string::npos);
    }

    void aNameCannotLeadOutOfTheFolder()
    {
        for (const char *name : {"", ".", "..", "../models/heron", "/"})
            QVERIFY2(!findBundledModel(name), name);
    }

    void theCheckoutHoldsTheBundledModels()
    {
        qputenv("VOLARY_RESOURCES", VOLARY_SOURCE_DIR "/resources");

        for (const char *name : {"goose-tiny", "goldfinch-tiny"}) {
            const auto path = findBundledModel(name);
            QVERIFY(path);
            QVERIFY(std::filesystem::is_regular_file(path.value() / "model.gguf"));
        }
    }

    void theLibraryLiesInTheDataFolder()
    {
        qputenv("XDG_DATA_HOME", "/somewhere/data");

        QCOMPARE(defaultLibraryPath(), std::filesystem::path("/somewhere/data/volary/library.volary"));
        QCOMPARE(vocabularyFolders().front(), std::filesystem::path("/somewhere/data/volary/vocabularies"));
    }

    void aRelativeDataFolderIsIgnored()
    {
        qputenv("XDG_DATA_HOME", "data");
        qputenv("HOME", "/home/goose");

        QCOMPARE(userDataFolder(), std::filesystem::path("/home/goose/.local/share/volary"));
    }

private:
    QTemporaryDir m_resources;
};

QTEST_GUILESS_MAIN(TestBundled)
#include "tst_bundled.moc"
