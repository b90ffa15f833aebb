#include "app/window/screenshots.h"

#include "app/support/bundled.h"
#include "app/window/studio.h"
#include "core/base/text.h"
#include "ui/chat/composer.h"
#include "ui/chat/persona_dialog.h"
#include "ui/documents/document_page.h"
#include "ui/inspector/state_wall.h"
#include "ui/models/adapter_list.h"
#include "ui/models/options_dialog.h"
#include "ui/snapshots/forms_dialog.h"
#include "ui/tokens/next_token_view.h"
#include "ui/tokens/surprise_view.h"
#include "ui/tokens/tokenizer_view.h"
#include "ui/tokens/two_models_view.h"
#include "ui/widgets/progress_row.h"
#include "ui/widgets/token_run.h"
#include "ui/widgets/two_line_delegate.h"
#include "ui/windows/backup_dialog.h"
#include "ui/windows/command_palette.h"
#include "ui/windows/import_dialog.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QRadioButton>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTimer>
#include <QTreeView>

#include <functional>

namespace volary::ui {

namespace {

constexpr int kPatienceMs = 60'000;
constexpr int kCalmMs = 250; // layouts and animations come to rest
constexpr QSize kWindowSize(1280, 800);
const QString kMarkdown = QStringLiteral("Read this.\n"
                                         "### How a fox counts\n"
                                         "It keeps *one* number and **adds** to it, as in `count += 1`:\n"
                                         "```cpp\n"
                                         "// The state is all that a fox remembers.\n"
                                         "int count(std::span<const Goose> geese)\n"
                                         "{\n"
                                         "    int state = 0;\n"
                                         "    for (const Goose &goose : geese)\n"
                                         "        state += goose.isAwake() ? 1 : 2;\n"
                                         "    return state;\n"
                                         "}\n"
                                         "```\n"
                                         "| animal | geese seen |\n"
                                         "|---|---:|\n"
                                         "| fox | 12 |\n"
                                         "| owl | 3 |\n"
                                         "\nRepeat these words: lantern, river, turtle, key.");

const QString kStory =
    QStringLiteral("Once upon a time there was a small fox named Tarquin. He lived under an old oak tree at "
                   "the edge of the wood. "
                   "Every morning he walked to the river and counted the boats.\n\n"
                   "One day a mouse sat on the bridge. \"Where do the boats go?\" asked the mouse. \"To the "
                   "sea,\" said Tarquin, "
                   "\"and the sea is so wide that no fox has counted its waves.\" The mouse thought about it "
                   "for a long time. "
                   "Then they shared a piece of bread and watched the water until it was dark.\n\n");

Error unreachable(const QString &scene, const QString &why)
{
    return {ErrorCode::Invalid,
            format("The scene %s could not be reached: %s", qPrintable(scene), qPrintable(why)), ""};
}

bool waitUntil(const std::function<bool()> &done)
{
    QElapsedTimer clock;
    clock.start();
    while (!done()) {
        if (clock.elapsed() > kPatienceMs)
            return false;
        QApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents, 50);
    }
    return true;
}

void comeToRest()
{
    QEventLoop loop;
    QTimer::singleShot(kCalmMs, &loop, &QEventLoop::quit);
    loop.exec();
}

// One run of all scenes; the studio lives as long as it.
class Stage {
public:
    Stage(const WindowArguments &arguments, const QString &folder)
        : m_pictures(QString::fromStdString(arguments.pictures.string())), m_folder(folder),
          m_studio(arguments, {(folder + "/library.db").toStdString(), {}})
    {
        watch();
        m_studio.window().resize(kWindowSize);
        m_studio.start();
    }

    Result<> play(ThemeChoice theme)
    {
        m_suffix = theme == ThemeChoice::Dark ? QStringLiteral("dark") : QStringLiteral("light");
        // As a user does: noting an opened model applies the preferences again.
        auto *choice = m_studio.window().findChild<QAction *>(theme == ThemeChoice::Dark
                                                                  ? QStringLiteral("view.themeDark")
                                                                  : QStringLiteral("view.themeLight"));
        if (!choice)
            return unreachable("start", "the appearance cannot be chosen");
        choice->trigger();
        TRY_(waitFor("start", "the model did not open",
                     [this] { return m_studio.bridge().model() != nullptr; }));
        TRY_(goTo("chat"));
        hideDocks();
        TRY_(trigger("chat.new"));
        TRY_(take("start"));
        TRY_(takePersonaDialog());
        if (m_story == 0)
            TRY_(holdConversations());
        TRY_(takeConversations());
        TRY_(takePalette());
        TRY_(takeDocuments());
        TRY_(takeSnapshots());
        TRY_(goTo("inspector"));
        TRY_(waitFor("inspector", "no state was shown",
                     [this] { return m_studio.inspector().findChild<StateWall *>()->current() != nullptr; }));
        TRY_(take("inspector"));
        TRY_(takeTokens());
        TRY_(takeBackup());
        TRY_(takeImport());
        TRY_(goTo("models"));
        TRY_(take("models"));
        TRY_(takeModelDetails());
        TRY_(takeAttention());
        return openDamagedFile();
    }

private:
    void watch()
    {
        EngineBridge &bridge = m_studio.bridge();
        QObject::connect(&bridge, &EngineBridge::turnFinished, &m_studio, [this] { m_finished = true; });
        QObject::connect(&bridge, &EngineBridge::textAppended, &m_studio, [this] { ++m_appended; });
        QObject::connect(&bridge, &EngineBridge::documentOpened, &m_studio,
                         [this] { m_documentOpened = true; });
        QObject::connect(
            &bridge, &EngineBridge::readingProgress, &m_studio,
            [this](RequestId, const event::ReadingProgress &progress) { m_tokensRead = progress.done; });
        QObject::connect(&bridge, &EngineBridge::readingEnded, &m_studio, [this] { m_bookIsRead = true; });
        QObject::connect(&bridge, &EngineBridge::modelOpened, &m_studio, [this] { m_modelOpened = true; });
        QObject::connect(&bridge, &EngineBridge::textScored, &m_studio, [this] { m_scored = true; });
        QObject::connect(&bridge, &EngineBridge::summaryEnded, &m_studio, [this] { m_summarised = true; });
        QObject::connect(&bridge, &EngineBridge::modelFailed, &m_studio, [this] { m_modelFailed = true; });
    }

    // The first theme makes the persona, too.
    Result<> takePersonaDialog()
    {
        TRY_(trigger("chat.newPersona"));
        auto *dialog = m_studio.window().findChild<PersonaDialog *>();
        if (!dialog)
            return unreachable("persona", QStringLiteral("the dialog did not open"));
        dialog->findChild<QLineEdit *>("personas.name")->setText("Tarquin");
        dialog->findChild<QPlainTextEdit *>("personas.text")
            ->setPlainText("My name is Tarquin and I have a cat named Momo.");
        TRY_(takeDialog("persona", *dialog));
        if (m_story != 0) {
            dialog->reject();
            return {};
        }
        dialog->findChild<QPushButton *>("personas.make")->click();
        auto *box = m_studio.chat().findChild<QComboBox *>("personas.box");
        TRY_(waitFor("persona", "it was not made", [&] { return box->currentIndex() > 0; }));
        TRY_(take("start-persona"));
        return trigger("chat.new");
    }

    // The window behind it is darkened: a grab has no other window's shadow.
    Result<> takeDialog(const QString &scene, QWidget &dialog)
    {
        comeToRest();
        QPixmap picture = m_studio.window().grab();
        QPainter painter(&picture);
        painter.fillRect(picture.rect(), QColor(0, 0, 0, 96));
        const QSize size = picture.deviceIndependentSize().toSize();
        painter.drawPixmap((size.width() - dialog.width()) / 2, (size.height() - dialog.height()) / 2,
                           dialog.grab());
        painter.end();
        return save(scene, picture);
    }

    Result<> goTo(const QString &workspace)
    {
        m_studio.window().showWorkspace(workspace);
        if (m_studio.window().currentWorkspace()->id() != workspace)
            return unreachable(workspace, "there is no such workspace");
        return {};
    }

    Result<> waitFor(const QString &scene, const QString &why, const std::function<bool()> &done)
    {
        if (!waitUntil(done))
            return unreachable(scene, why);
        return {};
    }

    Result<> trigger(const QString &command) { return triggerOf(m_studio.chat(), command); }

    Result<> triggerOf(Workspace &workspace, const QString &command)
    {
        for (QAction *action : workspace.commands()) {
            if (action && action->objectName() == command) {
                action->trigger();
                return {};
            }
        }
        return unreachable(command, "there is no such command");
    }

    // As a user does: writes into the field and sends.
    Result<> say(const QString &words)
    {
        m_finished = false;
        m_studio.chat().composer().setText(words);
        TRY_(trigger("chat.send"));
        return waitFor("conversation", "the reply did not end", [this] { return m_finished; });
    }

    Result<> holdConversations()
    {
        TRY_(say("Hello, I am Tarquin and I have a cat named Momo."));
        TRY_(say("What is the name of my cat?"));
        m_memory = m_studio.chat().model().conversation().id;
        TRY_(trigger("chat.new"));
        TRY_(say(kMarkdown));
        m_markdown = m_studio.chat().model().conversation().id;
        TRY_(trigger("chat.new"));
        TRY_(say("Tell me a story about a fox and a mouse."));
        TRY_(say("What is the moral of the story?"));
        // Two more versions of the last answer, so that there are branches to see.
        for (int version = 0; version < 2; ++version) {
            m_finished = false;
            TRY_(trigger("chat.regenerate"));
            TRY_(waitFor("branches", "another version did not end", [this] { return m_finished; }));
        }
        m_story = m_studio.chat().model().conversation().id;
        return {};
    }

    Result<> open(ConversationId conversation)
    {
        m_studio.chat().openConversation(conversation);
        return waitFor("conversation", "it did not open",
                       [&] { return m_studio.chat().model().conversation().id == conversation; });
    }

    Result<> takeConversations()
    {
        TRY_(open(m_memory));
        TRY_(take("memory"));
        TRY_(open(m_markdown));
        TRY_(take("markdown"));
        TRY_(open(m_story));
        TRY_(take("conversation"));
        showDock("chat.dock.tree");
        TRY_(take("branches"));
        showDock("chat.dock.probabilities");
        TRY_(take("probabilities"));
        showDock("chat.dock.sampling");
        TRY_(take("sampling"));
        hideDocks();
        m_studio.chat().setSearchText("fox");
        TRY_(take("search"));
        m_studio.chat().setSearchText({});
        return takeStreaming();
    }

    // A reply while it is being written.
    Result<> takeStreaming()
    {
        m_finished = false;
        m_appended = 0;
        TRY_(trigger("chat.new"));
        m_studio.chat().composer().setText("Tell me a long story about a brave rabbit.");
        TRY_(trigger("chat.send"));
        TRY_(waitFor("streaming", "nothing was written", [this] { return m_appended > 1 || m_finished; }));
        TRY_(save("streaming", m_studio.window().grab()));
        return waitFor("streaming", "the reply did not end", [this] { return m_finished; });
    }

    void hideDocks()
    {
        for (QDockWidget *dock : m_studio.window().findChildren<QDockWidget *>())
            dock->hide();
    }

    void showDock(const QString &name)
    {
        hideDocks();
        if (auto *dock = m_studio.window().findChild<QDockWidget *>(name))
            dock->show();
    }

    Result<> takePalette()
    {
        CommandPalette &palette = m_studio.window().palette();
        palette.setActions(m_studio.window().allActions());
        palette.popUp("mo");
        comeToRest();
        QPixmap picture = m_studio.window().grab();
        QPainter painter(&picture);
        painter.drawPixmap(m_studio.window().mapFromGlobal(palette.pos()), palette.grab());
        painter.end();
        palette.close();
        return save("palette", picture);
    }

    Result<> takeSnapshots()
    {
        TRY_(goTo("snapshots"));
        SnapshotsWorkspace &snapshots = m_studio.snapshots();
        snapshots.setView(SnapshotFilter::View::Every);
        auto *list = snapshots.findChild<QListView *>("snapshots.list");
        TRY_(waitFor("snapshots", "the list stayed empty", [&] { return list->model()->rowCount() > 3; }));
        const auto idAt = [&](int row) {
            return list->model()->index(row, 0).data(SnapshotListModel::SnapshotRole).toLongLong();
        };
        const SnapshotId last = idAt(0), before = idAt(3);
        snapshots.select({last});
        const auto isDrawn = [&] {
            return !list->model()->index(3, 0).data(TwoLineDelegate::PictureRole).value<QImage>().isNull();
        };
        TRY_(waitFor("snapshots", "no picture was drawn", isDrawn));
        TRY_(take("snapshots"));
        TRY_(takeForms(m_rounded == 0 ? last : before)); // the list may begin with the rounded one
        snapshots.select({before, last});
        auto *grid = snapshots.findChild<QWidget *>("snapshots.diffGrid");
        TRY_(waitFor("compare", "the states were not compared", [&] { return grid->isVisible(); }));
        return take("compare");
    }

    // The first theme stores a state smaller, and both show it.
    Result<> takeForms(SnapshotId exact)
    {
        SnapshotsWorkspace &snapshots = m_studio.snapshots();
        const bool first = m_rounded == 0;
        snapshots.select({exact});
        {
            TRY_(triggerOf(snapshots, "snapshots.shrink"));
            auto *dialog = snapshots.findChild<FormsDialog *>();
            TRY_(waitFor("forms", "they were not measured",
                         [&] { return dialog && dialog->findChildren<QRadioButton *>().size() == 3; }));
            dialog->findChildren<QRadioButton *>()[1]->click();
            TRY_(takeDialog("forms", *dialog));
            auto *store = dialog->findChild<QPushButton *>("forms.store");
            if (first) {
                m_rounded = exact;
                const QPointer<FormsDialog> open(dialog);
                store->click();
                TRY_(waitFor("forms", "it was not stored", [&] { return !open || !open->isVisible(); }));
            } else {
                dialog->reject();
            }
        }
        snapshots.select({m_rounded});
        TRY_(take("snapshots-rounded"));
        snapshots.select({exact});
        return {};
    }

    Result<> takeBackup()
    {
        BackupDialog dialog(m_studio.bridge(), m_studio.themes(),
                            (m_folder + "/library.volary-backup").toStdString(), &m_studio.window());
        dialog.show();
        auto *progress = dialog.findChild<ProgressRow *>();
        TRY_(waitFor("backup", "it did not end", [&] { return !progress->isVisible(); }));
        return takeDialog("backup", dialog);
    }

    // What the story chat says as other programs export it, beside others.
    Result<> takeImport()
    {
        const QString path = m_folder + "/conversations.json";
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            return unreachable("import", file.errorString());
        QByteArray chats;
        int day = 1;
        for (const char *title : {"A name for the boat", "Bread without kneading", "Why foxes count",
                                  "Packing for the mountains", "A letter to the landlord"}) {
            chats += QStringLiteral(R"(%1{"title": "%2", "create_time": %3, "current_node": "b", "mapping": {
                "a": {"parent": null, "children": ["b"], "message": {"author": {"role": "user"},
                      "content": {"content_type": "text", "parts": ["%2?"]}}},
                "b": {"parent": "a", "children": [], "message": {"author": {"role": "assistant"},
                      "content": {"content_type": "multimodal_text", "parts": [{}, "%4"]}}}}})")
                         .arg(chats.isEmpty() ? "" : ",", title)
                         .arg(1'750'000'000 + 700'000 * day)
                         .arg(QStringLiteral("One thing after the other. ").repeated(40 * day))
                         .toUtf8();
            ++day;
        }
        file.write("[" + chats + "]");
        file.close();
        ImportDialog dialog(m_studio.bridge(), m_studio.themes(), path.toStdString(), &m_studio.window());
        dialog.show();
        auto *table = dialog.findChild<QTableView *>("import.table");
        TRY_(waitFor("import", "the file was not read", [&] { return table->isVisible(); }));
        TRY_(takeDialog("import", dialog));
        dialog.reject();
        return {};
    }

    // Goose against GoldFinch, and back.
    Result<> takeDifference(const std::function<Result<>()> &score)
    {
        const std::filesystem::path goose = m_studio.bridge().model()->path;
        const auto open = [&](const std::filesystem::path &path) {
            m_modelOpened = false;
            m_studio.models().open(path);
            return waitFor("surprise-difference", "the model did not open", [this] { return m_modelOpened; });
        };
        m_studio.tokens().surprise().keepAsBaseline();
        TRY(const auto finch, findBundledModel("goldfinch-tiny"));
        TRY_(open(finch));
        TRY_(goTo("tokens"));
        TRY_(score());
        TRY_(take("surprise-difference"));
        auto *asTable = m_studio.tokens().surprise().findChild<QCheckBox *>("surprise.asTable");
        asTable->click();
        TRY_(take("surprise-table"));
        asTable->click();
        m_studio.tokens().surprise().forgetBaseline();
        return open(goose);
    }

    Result<> takeTokens()
    {
        TRY_(goTo("tokens"));
        TokensWorkspace &tokens = m_studio.tokens();
        const auto score = [&] {
            m_scored = false;
            tokens.surprise().score();
            return waitFor("surprise", "the text was not scored", [this] { return m_scored; });
        };
        tokens.showPage(TokensWorkspace::SurprisePage);
        tokens.surprise().findChild<QPlainTextEdit *>("source.text")->setPlainText(kStory);
        TRY_(score());
        TRY_(take("surprise"));
        TRY_(takeDifference(score));
        tokens.showPage(TokensWorkspace::NextPage);
        tokens.next().lookAhead();
        auto *tree = tokens.next().findChild<QTreeView *>("next.tree");
        TRY_(waitFor("next-tokens", "the tree did not unfold",
                     [&] { return tree->currentIndex().parent().isValid(); }));
        TRY_(take("next-tokens"));
        tokens.showPage(TokensWorkspace::TwoModelsPage);
        auto *other = tokens.twoModels().findChild<QComboBox *>("two.model");
        other->setCurrentIndex(other->findText(QStringLiteral("goldfinch"), Qt::MatchStartsWith));
        tokens.twoModels().compare();
        auto *compare = tokens.twoModels().findChild<QPushButton *>("two.compare");
        TRY_(waitFor("two-models", "they were not compared", [&] { return compare->isEnabled(); }));
        TRY_(take("two-models"));
        tokens.showPage(TokensWorkspace::TokenizerPage);
        auto *run = tokens.tokenizer().findChild<TokenRun *>("tokenizer.run");
        TRY_(waitFor("tokenizer", "the text was not split", [&] { return run->count() > 0; }));
        run->select(1);
        return take("tokenizer");
    }

    Result<> takeModelDetails()
    {
        auto *tabs = m_studio.models().findChild<QTabWidget *>();
        tabs->setCurrentIndex(tabs->count() - 1);
        TRY_(take("side-by-side"));
        tabs->setCurrentIndex(tabs->count() - 2);
        TRY_(take("half-lives"));
        tabs->setCurrentIndex(0);
        TRY_(triggerOf(m_studio.models(), "models.openWithOptions"));
        auto *dialog = m_studio.models().findChild<OptionsDialog *>();
        if (!dialog)
            return unreachable("options", QStringLiteral("the dialog did not open"));
        dialog->findChild<AdapterList *>()->add(
            {.path = "/models/adapters/rwkv-7-poems.pth", .strength = 0.8, .alpha = {}, .pissaInit = {}});
        TRY_(takeDialog("options", *dialog));
        dialog->reject();
        return {};
    }

    // A book of the bundled evaluation text in chapters, from the empty shelf to a summary.
    Result<> takeDocuments()
    {
        TRY_(goTo("documents"));
        DocumentsWorkspace &documents = m_studio.documents();
        if (!m_bookIsRead) {
            TRY_(take("documents-empty"));
            TRY_(readBook());
        }
        m_finished = false;
        emit documents.page().questions().asked("Who is the story about?");
        TRY_(waitFor("documents", "the question was not answered", [this] { return m_finished; }));
        TRY_(take("documents"));
        m_summarised = false;
        TRY_(triggerOf(documents, "documents.summarise"));
        TRY_(waitFor("documents-summary", "the summary did not end", [this] { return m_summarised; }));
        return take("documents-summary");
    }

    Result<> readBook()
    {
        const QString path = m_folder + "/Stories for the road.md";
        QFile book(path);
        if (!book.open(QIODevice::WriteOnly))
            return unreachable("documents", book.errorString());
        for (int chapter = 1; chapter <= 6; ++chapter)
            book.write(QStringLiteral("## Chapter %1\n\n%2\n").arg(chapter).arg(kStory.repeated(6)).toUtf8());
        book.close();
        m_studio.documents().addFile(path);
        TRY_(waitFor("documents", "the book did not open", [this] { return m_documentOpened; }));
        TRY_(triggerOf(m_studio.documents(), "documents.read"));
        TRY_(waitFor("documents-reading", "nothing was read", [this] { return m_tokensRead > 1000; }));
        TRY_(save("documents-reading", m_studio.window().grab()));
        TRY_(waitFor("documents", "the book was not read to its end", [this] { return m_bookIsRead; }));
        return {};
    }

    // Of a GoldFinch, the model that has one.
    Result<> takeAttention()
    {
        const std::filesystem::path before = m_studio.bridge().model()->path;
        TRY(const auto finch, findBundledModel("goldfinch-tiny"));
        TRY_(openModelAt(finch));
        TRY_(goTo("chat"));
        if (m_attention == 0) {
            TRY_(trigger("chat.new"));
            TRY_(say(kStory + "What did the fox count?"));
            m_attention = m_studio.chat().model().conversation().id;
        }
        TRY_(open(m_attention));
        TRY_(goTo("inspector"));
        auto *tabs = m_studio.inspector().findChild<QTabWidget *>("inspector.tabs");
        tabs->setCurrentIndex(1);
        auto *text = m_studio.inspector().findChild<QPlainTextEdit *>("attention.text");
        TRY_(waitFor("attention", "it was not shown", [&] { return !text->toPlainText().isEmpty(); }));
        TRY_(take("attention"));
        tabs->setCurrentIndex(0);
        return openModelAt(before);
    }

    Result<> openModelAt(const std::filesystem::path &path)
    {
        const auto before = m_studio.bridge().model();
        m_studio.models().open(path);
        return waitFor("attention", "the model did not open",
                       [&] { return m_studio.bridge().model() && m_studio.bridge().model() != before; });
    }

    Result<> openDamagedFile()
    {
        const QString path = m_folder + "/cut-off.safetensors";
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write("\x40\0\0\0\0\0\0\0{\"emb.weight\":", 22) != 22)
            return unreachable("error", file.errorString());
        file.close();
        m_modelFailed = false;
        m_studio.models().open(path.toStdString());
        TRY_(waitFor("error", "the damaged file was not refused", [this] { return m_modelFailed; }));
        TRY_(take("error"));
        if (QWidget *card = m_studio.window().findChild<QWidget *>("models.error"))
            card->hide();
        return {};
    }

    Result<> take(const QString &scene)
    {
        comeToRest();
        return save(scene, m_studio.window().grab());
    }

    Result<> save(const QString &scene, const QPixmap &picture)
    {
        const QString file = QStringLiteral("%1/%2-%3.png").arg(m_pictures, scene, m_suffix);
        if (!picture.save(file))
            return Error{ErrorCode::Io, format("The picture %s could not be written.", qPrintable(file)), ""};
        return {};
    }

    QString m_pictures;
    QString m_folder;
    QString m_suffix;
    Studio m_studio;
    ConversationId m_memory = 0, m_markdown = 0, m_story = 0, m_attention = 0;
    SnapshotId m_rounded = 0; // stored smaller
    bool m_finished = false;  // the reply that was asked for
    int m_appended = 0;       // pieces of it that were shown
    bool m_modelFailed = false, m_modelOpened = false;
    bool m_documentOpened = false, m_bookIsRead = false, m_summarised = false, m_scored = false;
    std::int64_t m_tokensRead = 0; // of the book
};

} // namespace

Result<> takeScreenshots(const WindowArguments &arguments)
{
    const QString pictures = QString::fromStdString(arguments.pictures.string());
    const QTemporaryDir folder;
    if (!folder.isValid() || !QDir().mkpath(pictures))
        return Error{ErrorCode::Io, format("The folder %s cannot be written.", qPrintable(pictures)), ""};
    Stage stage(arguments, folder.path());
    if (arguments.theme != "dark")
        TRY_(stage.play(ThemeChoice::Light));
    if (arguments.theme != "light")
        TRY_(stage.play(ThemeChoice::Dark));
    return {};
}

} // namespace volary::ui
