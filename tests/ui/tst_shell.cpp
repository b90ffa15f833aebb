// The main window's parts: search, palette, preferences, session file, one instance per library.
#include "fake_engine.h"
#include "ui/windows/command_palette.h"
#include "ui/windows/fuzzy.h"
#include "ui/windows/preferences.h"
#include "ui/windows/session_file.h"
#include "ui/windows/single_instance.h"

#include <QAction>
#include <QFile>
#include <QLineEdit>
#include <QListView>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <thread>

using namespace volary;
using namespace volary::ui;

namespace {

void write(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

Conversation conversation(ConversationId id, const char *title)
{
    Conversation values;
    values.id = id;
    values.title = title;
    return values;
}

QStringList shownRows(const CommandPalette &palette)
{
    QStringList rows;
    const auto *model = palette.findChild<QListView *>("palette.list")->model();
    for (int row = 0; row < model->rowCount(); ++row)
        rows << model->index(row, 0).data().toString();
    return rows;
}

} // namespace

class TestShell : public QObject {
    Q_OBJECT

private slots:
    void everyTypedLetterMustOccurInOrder()
    {
        QVERIFY(fuzzyScore(u"nc", u"New conversation"));
        QVERIFY(fuzzyScore(u"NEW", u"New conversation"));
        QVERIFY(fuzzyScore(u"new con", u"New conversation"));
        QVERIFY(!fuzzyScore(u"cn w", u"New conversation"));
        QVERIFY(!fuzzyScore(u"newx", u"New conversation"));
        QVERIFY(!fuzzyScore(u"a", u""));
        QCOMPARE(fuzzyScore(u"", u"anything"), 0);
    }

    void betterFitsComeFirst_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("better");
        QTest::addColumn<QString>("worse");
        QTest::newRow("word starts before middles") << "nc"
                                                    << "New conversation"
                                                    << "Launch";
        QTest::newRow("runs before scattered letters") << "open"
                                                       << "Reopen the model"
                                                       << "Compare the lengths";
        QTest::newRow("beginning before later word") << "mod"
                                                     << "Model list"
                                                     << "Open model";
        QTest::newRow("shorter before longer") << "copy"
                                               << "Copy"
                                               << "Copy the whole conversation";
    }
    void betterFitsComeFirst()
    {
        QFETCH(QString, typed);
        QFETCH(QString, better);
        QFETCH(QString, worse);
        const auto high = fuzzyScore(typed, better);
        const auto low = fuzzyScore(typed, worse);
        QVERIFY(high);
        QVERIFY(!low || *high > *low);
    }

    void paletteIsUsedFromTheKeyboardAlone()
    {
        QWidget window;
        window.resize(900, 600);
        ThemeManager themes;
        CommandPalette palette(themes, &window);
        QAction open("&Open model…");
        QAction quit("&Quit");
        QAction disabled("Open nothing");
        disabled.setEnabled(false);
        QSignalSpy opened(&open, &QAction::triggered);
        QSignalSpy quitted(&quit, &QAction::triggered);
        palette.setActions({&open, &quit, &disabled});
        palette.setConversations({conversation(7, "Opening lines of a story")});
        QSignalSpy chosen(&palette, &CommandPalette::conversationChosen);

        palette.popUp();
        auto *field = palette.findChild<QLineEdit *>("palette.field");
        QTest::keyClicks(field, "open");
        QCOMPARE(shownRows(palette), QStringList({"Open model…", "Opening lines of a story"}));
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(opened.count(), 1);
        QVERIFY(!palette.isVisible());

        palette.popUp();
        QTest::keyClicks(field, "open");
        QTest::keyClick(field, Qt::Key_Down);
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(chosen.first().first().value<ConversationId>(), ConversationId(7));

        palette.popUp(">");
        QCOMPARE(shownRows(palette), QStringList({"Open model…", "Quit"}));
        QTest::keyClick(field, Qt::Key_Up);
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(quitted.count(), 1);
    }

    void paletteSurvivesActionsThatAreGone()
    {
        QWidget window;
        ThemeManager themes;
        CommandPalette palette(themes, &window);
        auto action = std::make_unique<QAction>("Passing");
        palette.setActions({action.get()});
        action.reset();

        palette.popUp();
        auto *field = palette.findChild<QLineEdit *>("palette.field");
        QTest::keyClick(field, Qt::Key_Return);

        QVERIFY(shownRows(palette).isEmpty());
    }

    void preferencesComeBack()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("new/settings.json");
        const PreferenceValues chosen{ThemeChoice::Dark, 1.21, false, 3, "/models/goose"};
        Preferences(file).set(chosen);

        QCOMPARE(Preferences(file).values() == chosen, true);
    }

    void damagedPreferencesCountAsDefaults_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("cut off") << QByteArray("{\"theme\": \"da");
        QTest::newRow("wrong kinds") << QByteArray(
            "{\"theme\": 3, \"threads\": \"many\", \"text_scale\": []}");
        QTest::newRow("out of range") << QByteArray("{\"threads\": -4, \"theme\": \"pink\"}");
    }
    void damagedPreferencesCountAsDefaults()
    {
        QFETCH(QByteArray, bytes);
        const QTemporaryDir folder;
        write(folder.filePath("settings.json"), bytes);

        QVERIFY(Preferences(folder.filePath("settings.json")).values() == PreferenceValues());
    }

    void sessionComesBackAndTellsACrashFromAnEnd()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("session.json");
        SessionValues kept;
        kept.workspace = "chat";
        kept.geometry = QByteArray("\x00\xff geometry", 10);
        kept.layouts["chat"] = "docks";
        kept.workspaces["chat"] = "half a sent";
        SessionFile session(file, [&kept] { return kept; });
        QVERIFY(session.load() == SessionValues());

        session.flush();
        SessionValues crashed = session.load();
        QVERIFY(crashed.running);
        crashed.running = false;
        QVERIFY(crashed == kept);

        session.close();
        QVERIFY(!session.load().running);
        session.touch();
        session.flush();
        QVERIFY(!session.load().running);
    }

    void manyChangesAreWrittenOnce()
    {
        const QTemporaryDir folder;
        int written = 0;
        SessionFile session(folder.filePath("session.json"), [&written] {
            ++written;
            return SessionValues();
        });

        for (int i = 0; i < 100; ++i)
            session.touch();
        QCOMPARE(written, 0);
        QTRY_COMPARE(written, 1);
    }

    void secondStartHandsItsArgumentsToTheFirst()
    {
        const QTemporaryDir folder;
        const QString library = folder.filePath("library.db");
        SingleInstance first(library);
        QVERIFY(!first.handOver({}));
        QVERIFY(first.listen());
        QStringList received;
        connect(&first, &SingleInstance::activated, this,
                [&](const QStringList &arguments) { received = arguments; });

        bool handedOver = false;
        std::atomic<bool> done = false;
        std::thread second([&] {
            handedOver = SingleInstance(library).handOver({"goose.pth", "two words", "ü"});
            done = true;
        });
        QTRY_VERIFY(done);
        second.join();

        QVERIFY(handedOver);
        QCOMPARE(received, QStringList({"goose.pth", "two words", "ü"}));
        QVERIFY(!SingleInstance(folder.filePath("other.db")).handOver({}));
    }
};

QTEST_MAIN(TestShell)
#include "tst_shell.moc"
