// The whole window: workspaces, docks, panes, session, and names for screen readers.
#include "accessibility.h"
#include "fake_engine.h"
#include "ui/models/models_workspace.h"
#include "ui/widgets/error_card.h"
#include "ui/widgets/progress_row.h"
#include "ui/windows/about_dialog.h"
#include "ui/windows/backup_dialog.h"
#include "ui/windows/command_palette.h"
#include "ui/windows/help_page.h"
#include "ui/windows/import_dialog.h"
#include "ui/windows/main_window.h"
#include "ui/windows/settings_dialog.h"
#include "ui/windows/shortcuts_dialog.h"
#include "ui/windows/status_panel.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDockWidget>
#include <QDropEvent>
#include <QLabel>
#include <QMenuBar>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSet>
#include <QSignalSpy>
#include <QStatusBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

using namespace volary;
using namespace volary::ui;

namespace {

// A workspace with two docks, a text field as its session, and one action.
class Notes : public Workspace {
public:
    Notes() : m_field(new QPlainTextEdit(this)), m_act(new QAction(QStringLiteral("Write it down"), this))
    {
        auto *layout = new QVBoxLayout(this);
        layout->addWidget(m_field);
        m_field->setAccessibleName(QStringLiteral("Notes"));
        m_act->setObjectName(QStringLiteral("notes.write"));
        m_act->setShortcut(QKeySequence(QStringLiteral("Ctrl+J")));
        connect(m_field, &QPlainTextEdit::textChanged, this, &Workspace::sessionChanged);
        for (const char *name : {"notes.first", "notes.second"}) {
            auto *dock = new QDockWidget(QString::fromLatin1(name));
            dock->setObjectName(QString::fromLatin1(name));
            dock->setWidget(new QPushButton(QString::fromLatin1(name)));
            m_docks.append(dock);
        }
    }
    QString id() const override { return QStringLiteral("notes"); }
    QString title() const override { return QStringLiteral("Notes"); }
    QString iconName() const override { return QStringLiteral("edit"); }
    QList<QAction *> commands() override { return {m_act, nullptr}; }
    QList<QDockWidget *> docks() override { return m_docks; }
    QWidget *focusTarget() override { return m_field; }
    QByteArray saveSession() const override { return m_field->toPlainText().toUtf8(); }
    void restoreSession(const QByteArray &session) override
    {
        m_field->setPlainText(QString::fromUtf8(session));
    }

    QPlainTextEdit *m_field;
    QAction *m_act;
    QList<QDockWidget *> m_docks;
};

// Two workspaces over a fake engine, with a session in `folder`.
struct Desk {
    explicit Desk(const QTemporaryDir &folder)
        : known(folder.filePath("models.json"), {}), preferences(folder.filePath("settings.json")),
          window(engine.bridge(), themes, preferences, folder.filePath("session.json"))
    {
        window.addWorkspace(notes = new Notes);
        window.addWorkspace(models = new ModelsWorkspace(engine.bridge(), themes, known));
        window.restore();
        window.show();
        engine.settle();
    }
    void press(const char *keys)
    {
        for (QAction *action : window.findChildren<QAction *>())
            if (action->shortcuts().contains(QKeySequence(QString::fromLatin1(keys))))
                return action->trigger();
        QFAIL("no action has this shortcut");
    }

    FakeEngine engine;
    ThemeManager themes;
    KnownModels known;
    Preferences preferences;
    MainWindow window;
    Notes *notes = nullptr;
    ModelsWorkspace *models = nullptr;
};

} // namespace

class TestMainWindow : public QObject {
    Q_OBJECT

private slots:
    void workspacesAreReachedByRailAndKeys()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        QCOMPARE(desk.window.currentWorkspace(), desk.notes);

        desk.press("Alt+2");
        QCOMPARE(desk.window.currentWorkspace(), desk.models);
        QTest::mouseClick(desk.window.findChild<QToolButton *>("rail.notes"), Qt::LeftButton);
        QCOMPARE(desk.window.currentWorkspace(), desk.notes);
    }

    void eachWorkspaceHasItsOwnDocks()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        QVERIFY(!desk.notes->m_docks[0]->isHidden());
        desk.notes->m_docks[1]->hide();

        desk.window.showWorkspace("models");
        QVERIFY(desk.notes->m_docks[0]->isHidden());
        desk.window.showWorkspace("notes");

        QVERIFY(!desk.notes->m_docks[0]->isHidden());
        QVERIFY(desk.notes->m_docks[1]->isHidden());
    }

    void f9HidesAndBringsBackTheDocks()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        desk.notes->m_docks[1]->hide();

        desk.press("F9");
        QVERIFY(desk.notes->m_docks[0]->isHidden());
        desk.press("F9");

        QVERIFY(!desk.notes->m_docks[0]->isHidden());
        QVERIFY(desk.notes->m_docks[1]->isHidden());
    }

    void f6GoesThroughThePanesAndComesBack()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        desk.window.activateWindow();
        desk.notes->m_field->setFocus();
        QTRY_VERIFY(desk.notes->m_field->hasFocus());

        QSet<QWidget *> visited;
        do {
            desk.press("F6");
            visited.insert(QApplication::focusWidget());
            QVERIFY(visited.size() < 10);
        } while (!desk.notes->m_field->hasFocus());

        QVERIFY(visited.contains(desk.window.findChild<QToolButton *>("rail.notes")));
        QVERIFY(visited.contains(desk.notes->m_docks[0]->widget()));
        QVERIFY(visited.contains(desk.window.findChild<QToolButton *>("status.model")));
    }

    void windowComesBackAsItWas()
    {
        const QTemporaryDir folder;
        {
            Desk desk(folder);
            desk.notes->m_field->setPlainText("half a thought");
            desk.notes->m_docks[0]->hide();
            desk.window.resize(1000, 700);
            desk.window.showWorkspace("models");
            desk.window.close();
        }

        Desk desk(folder);

        QCOMPARE(desk.window.currentWorkspace(), desk.models);
        QCOMPARE(desk.notes->m_field->toPlainText(), "half a thought");
        desk.window.showWorkspace("notes");
        QVERIFY(desk.notes->m_docks[0]->isHidden());
        QVERIFY(!desk.notes->m_docks[1]->isHidden());
    }

    void draftSurvivesACrash()
    {
        const QTemporaryDir folder;
        const QString session = folder.filePath("session.json");
        const QString saved = folder.filePath("crashed.json");
        {
            Desk desk(folder);
            desk.notes->m_field->setPlainText("typed just now");
            const auto draftIsWritten = [&] {
                QFile file(session);
                return file.open(QIODevice::ReadOnly) &&
                       file.readAll().contains(QByteArray("typed just now").toBase64());
            };
            QTRY_VERIFY(draftIsWritten());
            QVERIFY(QFile::copy(session, saved));
        }
        QFile::remove(session);
        QVERIFY(QFile::rename(saved, session));

        Desk desk(folder);

        QCOMPARE(desk.notes->m_field->toPlainText(), "typed just now");
        desk.engine.send(1, event::ModelOpened{sampleModel(), 0.1});
        desk.engine.settle();
        QVERIFY(desk.window.statusBar()->currentMessage().contains("not closed"));
    }

    void everyActionIsInTheMenusAndHasAStableName()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        QSet<QAction *> inMenus;
        for (const QAction *menu : desk.window.menuBar()->actions())
            for (QAction *action : menu->menu()->actions())
                inMenus.insert(action);

        QSet<QString> names;
        for (QAction *action : desk.window.allActions()) {
            QVERIFY2(inMenus.contains(action), qPrintable(action->text()));
            if (action->parent() && action->parent()->inherits("QDockWidget"))
                continue;
            QVERIFY2(!action->objectName().isEmpty(), qPrintable(action->text()));
            QVERIFY2(!names.contains(action->objectName()), qPrintable(action->objectName()));
            names.insert(action->objectName());
        }
    }

    void noTwoActionsShareAShortcut()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        QHash<QString, QString> owners;
        for (const QAction *action : desk.window.allActions())
            for (const QKeySequence &keys : action->shortcuts()) {
                const QString shortcut = keys.toString();
                QVERIFY2(!owners.contains(shortcut) || owners[shortcut] == action->text(),
                         qPrintable(shortcut + " of " + action->text() + " and " + owners.value(shortcut)));
                owners[shortcut] = action->text();
            }
    }

    void actionOfAHiddenWorkspaceBringsItForward()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        desk.window.showWorkspace("models");

        desk.notes->m_act->trigger();

        QCOMPARE(desk.window.currentWorkspace(), desk.notes);
    }

    void statusFollowsModelAndReply()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        const auto *model = desk.window.findChild<QToolButton *>("status.model");
        QCOMPARE(model->text(), "No model");

        desk.engine.send(1, event::ModelOpened{sampleModel(), 0.1});
        desk.engine.send(2, event::TurnStarted{1, {}, {}, 100, 20, 900});
        desk.engine.send(2, event::TextAppended{1, "Hello", {}, 5, 42});
        desk.engine.send(2, event::TurnFinished{1, {}, event::FinishReason::Stop});
        desk.engine.settle();

        QVERIFY(model->text().contains("f16"));
        QStringList shown;
        for (const QToolButton *chip : desk.window.status().findChildren<QToolButton *>())
            if (!chip->isHidden())
                shown << chip->text();
        QVERIFY2(shown.contains("125 tokens"), qPrintable(shown.join(", ")));
        QVERIFY2(shown.contains("42 tokens/s"), qPrintable(shown.join(", ")));
    }

    void failedCommandIsToldInTheWindow()
    {
        const QTemporaryDir folder;
        Desk desk(folder);

        desk.engine.send(
            3, event::CommandFailed{"Renaming the conversation", {ErrorCode::Io, "Disk full.", ""}});
        desk.engine.settle();

        auto *card = desk.window.findChild<ErrorCard *>("window.error");
        QVERIFY(!card->isHidden());
        QVERIFY(card->report().contains("Disk full."));
    }

    void droppedFilesAreHandedOn()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        QSignalSpy dropped(&desk.window, &MainWindow::filesDropped);
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile("/models/goose.pth"), QUrl("https://example.org/x")});

        QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&desk.window, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&desk.window, &drop);

        QCOMPARE(dropped.count(), 1);
        QCOMPARE(dropped.first().first().toStringList(), QStringList("/models/goose.pth"));
    }

    void settingsApplyAtOnce()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        SettingsDialog dialog(desk.preferences, "/home/someone/library.db", &desk.window);
        auto *theme = dialog.findChild<QComboBox *>("settings.theme");

        theme->setCurrentIndex(theme->findData(int(ThemeChoice::Dark)));

        QVERIFY(desk.themes.theme().dark);
        desk.press("Ctrl+0");
        QVERIFY(desk.themes.theme().dark);
    }

    void everyFocusablePartHasAName()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        desk.engine.send(1, event::ModelOpened{sampleModel(), 0.1});
        desk.engine.send(3,
                         event::CommandFailed{"Renaming", {ErrorCode::Io, "Disk full.", "Free some space."}});
        desk.models->open("/models/other.pth");
        desk.engine.settle();
        for (const char *workspace : {"notes", "models"}) {
            desk.window.showWorkspace(workspace);
            QCOMPARE(unnamedParts(&desk.window), QStringList());
        }
        desk.window.palette().popUp();
        QCOMPARE(unnamedParts(&desk.window.palette()), QStringList());

        SettingsDialog settings(desk.preferences, {}, &desk.window);
        ShortcutsDialog shortcuts(desk.themes, desk.window.allActions(), &desk.window);
        AboutDialog about(desk.themes, &desk.window);
        HelpPage help(desk.themes, &desk.window);
        for (QDialog *dialog : std::initializer_list<QDialog *>{&settings, &shortcuts, &about, &help}) {
            QCOMPARE(unnamedParts(dialog), QStringList());
            QVERIFY2(dialog->sizeHint().height() <= 560, qPrintable(dialog->windowTitle()));
        }
    }

    void nothingIsCutOffAtTheSmallestSize()
    {
        const QTemporaryDir folder;
        Desk desk(folder);
        desk.window.showWorkspace("models");
        desk.engine.send(1, event::ModelOpened{sampleModel(), 0.1});
        desk.engine.settle();
        desk.window.resize(desk.window.minimumSize());
        QCoreApplication::processEvents();

        QCOMPARE(desk.window.size(), QSize(960, 600));
    }

    void backupTellsItsProgressAndItsEnd()
    {
        FakeEngine engine;
        ThemeManager themes;
        BackupDialog dialog(engine.bridge(), themes, "/backups/<mine>.volary-backup", nullptr);
        dialog.show();
        const auto *asked = engine.last<command::BackUpLibrary>();
        QVERIFY(asked);
        QCOMPARE(asked->path, std::filesystem::path("/backups/<mine>.volary-backup"));
        const RequestId request = engine.lastRequest();
        auto *progress = dialog.findChild<ProgressRow *>();
        auto *text = dialog.findChild<QLabel *>("backup.text");
        engine.send(request, event::BackupProgress{0.4});
        engine.send(request + 1, event::LibraryBackedUp{"/elsewhere", {}}); // another's
        engine.settle();
        QVERIFY(progress->isVisible());

        engine.send(request, event::LibraryBackedUp{asked->path, {{"Turn 7 does not match its hash."}}});
        engine.settle();
        QVERIFY(!progress->isVisible());
        QCOMPARE(text->textFormat(), Qt::RichText);
        QVERIFY2(text->text().contains("&lt;mine&gt;"), qPrintable(text->text()));
        QVERIFY2(text->text().contains("Turn 7"), qPrintable(text->text()));
        dialog.reject();
        QVERIFY(engine.cancelled.empty());
    }

    void closingCancelsABackupAndFailuresAreShown()
    {
        FakeEngine engine;
        ThemeManager themes;
        {
            BackupDialog dialog(engine.bridge(), themes, "/backups/a", nullptr);
            dialog.show();
            dialog.reject();
            QCOMPARE(engine.cancelled, std::vector<RequestId>{engine.lastRequest()});
        }
        BackupDialog dialog(engine.bridge(), themes, "/backups/a", nullptr);
        dialog.show();
        engine.send(engine.lastRequest(),
                    event::CommandFailed{"Backing up the library",
                                         Error{ErrorCode::Io, "The disk is full.", "Free some space."}});
        engine.settle();
        QVERIFY(dialog.findChild<ErrorCard *>()->isVisible());
        QVERIFY(!dialog.findChild<ProgressRow *>()->isVisible());
    }

    void importShowsWhatThereIsAndTakesWhatWasChosen()
    {
        FakeEngine engine;
        ThemeManager themes;
        ImportDialog dialog(engine.bridge(), themes, "/chats/conversations.json", nullptr);
        dialog.show();
        const auto *asked = engine.last<command::ReadChatExport>();
        QVERIFY(asked);
        QCOMPARE(asked->path, std::filesystem::path("/chats/conversations.json"));
        auto *take = dialog.findChild<QPushButton *>("import.import");
        QVERIFY(!take->isEnabled());

        auto chats = std::make_shared<ChatExport>();
        chats->kind = "ChatGPT";
        for (const char *title : {"Foxes", "Owls", ""}) {
            ImportedChat chat;
            chat.conversation.title = title;
            chat.turns.resize(2);
            chat.leftOut = 1;
            chats->chats.push_back(chat);
        }
        engine.send(engine.lastRequest(), event::ChatExportRead{asked->path, chats, {false, true, false}});
        engine.settle();
        auto *table = dialog.findChild<QTableView *>("import.table");
        QVERIFY(table->isVisible());
        QCOMPARE(table->model()->rowCount(), 3);
        auto *all = dialog.findChild<QCheckBox *>("import.all");
        QCOMPARE(all->checkState(), Qt::PartiallyChecked); // one is there already
        QVERIFY2(dialog.findChild<QLabel *>("import.text")->text().contains("already: 1"),
                 qPrintable(dialog.findChild<QLabel *>("import.text")->text()));
        table->model()->setData(table->model()->index(0, 0), Qt::Unchecked, Qt::CheckStateRole);
        take->click();
        const auto *import = engine.last<command::ImportChats>();
        QVERIFY(import);
        QCOMPARE(import->chosen, std::vector<std::size_t>{2});
        QCOMPARE(import->chats, std::shared_ptr<const ChatExport>(chats));

        engine.send(
            engine.lastRequest(),
            event::ChatsImported{0, 0, Error{ErrorCode::Io, "The disk is full.", "Free some space."}});
        engine.settle();
        QVERIFY(dialog.findChild<ErrorCard *>()->isVisible());
        QVERIFY(!take->isVisible());
        dialog.reject();
        QVERIFY(engine.cancelled.empty());
    }

    void allChatsAreMarkedAtOnceAndClosingCancels()
    {
        FakeEngine engine;
        ThemeManager themes;
        ImportDialog dialog(engine.bridge(), themes, "/chats/c.json", nullptr);
        dialog.show();
        auto chats = std::make_shared<ChatExport>();
        chats->chats.resize(3);
        engine.send(engine.lastRequest(), event::ChatExportRead{"/chats/c.json", chats, {true, true, false}});
        engine.settle();
        auto *all = dialog.findChild<QCheckBox *>("import.all");
        auto *take = dialog.findChild<QPushButton *>("import.import");
        all->click();
        QCOMPARE(all->checkState(), Qt::Checked);
        all->click();
        QCOMPARE(all->checkState(), Qt::Unchecked);
        QVERIFY(!take->isEnabled());
        all->click();
        take->click();
        QCOMPARE(engine.last<command::ImportChats>()->chosen, (std::vector<std::size_t>{0, 1, 2}));
        dialog.reject();
        QCOMPARE(engine.cancelled, std::vector<RequestId>{engine.lastRequest()});
    }
};

QTEST_MAIN(TestMainWindow)
#include "tst_main_window.moc"
