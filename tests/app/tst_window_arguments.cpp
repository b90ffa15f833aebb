// The arguments of the window program.
#include "app/window/arguments.h"

#include <QTest>

using namespace volary;

using Task = WindowArguments::Task;

class TestWindowArguments : public QObject {
    Q_OBJECT

private slots:
    void withoutArgumentsTheWindowOpens()
    {
        const auto parsed = parseWindowArguments({});

        QVERIFY(parsed);
        QVERIFY(parsed.value().task == Task::Window);
        QVERIFY(!parsed.value().model);
        QCOMPARE(parsed.value().backend, std::string("auto"));
    }

    void everyOptionIsRead()
    {
        const auto parsed =
            parseWindowArguments({"--library", "l.db", "--backend=cpu", "--threads", "4", "goose.pth"});

        QVERIFY(parsed);
        QCOMPARE(parsed.value().library, std::filesystem::path("l.db"));
        QCOMPARE(parsed.value().backend, std::string("cpu"));
        QCOMPARE(parsed.value().threads, 4);
        QCOMPARE(*parsed.value().model, std::filesystem::path("goose.pth"));
    }

    void helpVersionAndPicturesAreTasksOfTheirOwn()
    {
        QVERIFY(parseWindowArguments({"--help"}).value().task == Task::Help);
        QVERIFY(parseWindowArguments({"--version"}).value().task == Task::Version);
        const auto pictures = parseWindowArguments({"--screenshots", "out", "--theme", "dark"});
        QVERIFY(pictures.value().task == Task::Screenshots);
        QCOMPARE(pictures.value().theme, std::string("dark"));
    }

    void wrongUsageIsNamed_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QString>("named");
        QTest::newRow("unknown option") << QStringList{"--colour", "red"} << "--colour";
        QTest::newRow("unknown option at the end") << QStringList{"--colour"} << "no option --colour";
        QTest::newRow("missing value") << QStringList{"--model"} << "--model needs a value";
        QTest::newRow("no number") << QStringList{"--threads", "two"} << "two";
        QTest::newRow("negative number") << QStringList{"--threads", "-2"} << "-2";
        QTest::newRow("two models") << QStringList{"a.pth", "b.pth"} << "b.pth";
        QTest::newRow("unknown theme") << QStringList{"--theme", "pink"} << "pink";
    }
    void wrongUsageIsNamed()
    {
        QFETCH(QStringList, words);
        QFETCH(QString, named);
        std::vector<std::string> arguments;
        for (const QString &word : words)
            arguments.push_back(word.toStdString());

        const auto parsed = parseWindowArguments(arguments);

        QVERIFY(!parsed);
        QVERIFY2(QString::fromStdString(parsed.error().what).contains(named), parsed.error().what.c_str());
    }
};

QTEST_GUILESS_MAIN(TestWindowArguments)
#include "tst_window_arguments.moc"
