// The whole program as a user meets it: real window, real engine, real library, the bundled model.
#include "app/window/studio.h"
#include "tests/ui/accessibility.h"
#include "ui/chat/composer.h"
#include "ui/chat/conversation_list.h"
#include "ui/chat/panels/sampling_panel.h"
#include "ui/chat/transcript_view.h"
#include "ui/documents/document_page.h"

#include <QAction>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <memory>

using namespace volary;
using namespace volary::ui;

namespace {

constexpr int kPatienceMs = 60'000;

const char *kStory = "Tell me a story about a fox and a mouse.";

} // namespace

class TestStudio : public QObject {
    Q_OBJECT

private slots:
    void init();
    void messageIsAnsweredAndFoundAgainAfterARestart();
    void stoppedReplyIsKeptAndBranchesReadNothingAgain();
    void composerTextSurvivesARestart();
    void aDroppedBookIsPausedGoneOnWithAndAsked();
    void everyPartOfTheWindowHasAName();

private:
    void start()
    {
        WindowArguments arguments;
        arguments.model = std::filesystem::path(VOLARY_SOURCE_DIR) / "resources/models/goose-tiny";
        const Studio::Places places{m_folder->filePath("library.volary").toStdString(),
                                    m_folder->filePath("config")};
        m_studio = std::make_unique<Studio>(arguments, places);
        m_finished = m_appended = 0;
        connect(&m_studio->bridge(), &EngineBridge::turnFinished, m_studio.get(), [this] { ++m_finished; });
        connect(&m_studio->bridge(), &EngineBridge::textAppended, m_studio.get(), [this] { ++m_appended; });
        connect(&m_studio->bridge(), &EngineBridge::turnStarted, m_studio.get(),
                [this](RequestId, const event::TurnStarted &started) { m_tokensRead = started.tokensRead; });
        m_studio->start();
        QTRY_VERIFY_WITH_TIMEOUT(m_studio->bridge().model(), kPatienceMs);
    }
    void restart()
    {
        m_studio->window().close();
        m_studio.reset();
        start();
    }
    ChatWorkspace &chat() { return m_studio->chat(); }
    void dropDocument(int chapters);
    QAction *documentAction(const QString &id);
    void trigger(const QString &id)
    {
        for (QAction *action : chat().commands()) {
            if (action && action->objectName() == id) {
                QVERIFY2(action->isEnabled(), qPrintable(id));
                action->trigger();
                return;
            }
        }
        QFAIL(qPrintable(id));
    }
    void say(const QString &words)
    {
        const int before = m_finished;
        QTest::keyClicks(&chat().composer().edit(), words);
        QTest::keyClick(&chat().composer().edit(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(m_finished > before, kPatienceMs);
    }

    // A drawn answer is a wrong one now and then.
    void answerGreedily()
    {
        auto *panel = m_studio->window().findChild<SamplingPanel *>();
        QVERIFY(panel);
        GenerationSettings settings = panel->settings();
        settings.sampler.temperature = 0;
        panel->setSettings(settings);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Studio> m_studio;
    int m_finished = 0, m_appended = 0;
    qint64 m_tokensRead = -1;
};

void TestStudio::init()
{
    m_studio.reset();
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(QDir(m_folder->path()).mkdir("config"));
}

void TestStudio::messageIsAnsweredAndFoundAgainAfterARestart()
{
    start();
    QVERIFY(m_studio->window().isVisible());
    answerGreedily();
    say("Hello, I am Tarquin and I have a cat named Momo.");
    say("What is the name of my cat?");
    const auto path = chat().model().path();
    QCOMPARE(path.size(), std::size_t(4));
    const std::string answer = chat().model().find(path.back())->text;
    QVERIFY2(answer.find("Momo") != std::string::npos, answer.c_str());

    restart();

    QTRY_COMPARE_WITH_TIMEOUT(chat().model().path().size(), std::size_t(4), kPatienceMs);
    QVERIFY(chat().model().path() == path);
    QCOMPARE(chat().model().find(path.back())->text, answer);
    auto *search = chat().findChild<QLineEdit *>("chatSearch");
    QTest::keyClicks(search, "tarquin");
    QTRY_VERIFY_WITH_TIMEOUT(chat().list().model().showsHits() && chat().list().model().rowCount() > 0,
                             kPatienceMs);
    search->clear();
    say("What is my name?");
    const Turn *last = chat().model().find(chat().model().path().back());
    QVERIFY2(last->text.find("Tarquin") != std::string::npos, last->text.c_str());
}

void TestStudio::stoppedReplyIsKeptAndBranchesReadNothingAgain()
{
    start();
    QTest::keyClicks(&chat().composer().edit(), kStory);
    QTest::keyClick(&chat().composer().edit(), Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(m_appended > 0, kPatienceMs);
    trigger("chat.stop"); // if the reply was quicker, there is nothing to stop, and it is finished
    QTRY_VERIFY_WITH_TIMEOUT(m_finished > 0, kPatienceMs);
    const TurnId first = chat().model().path().back();
    QVERIFY(!chat().model().find(first)->text.empty());
    QVERIFY(chat().model().find(first)->snapshot);

    trigger("chat.regenerate");
    QTRY_COMPARE_WITH_TIMEOUT(m_finished, 2, kPatienceMs);

    QCOMPARE(m_tokensRead, qint64(0));
    const TurnId second = chat().model().path().back();
    QVERIFY(second != first);
    QCOMPARE(chat().model().versions(second).size(), std::size_t(2));
    trigger("chat.previousVersion");
    QVERIFY(chat().model().leaf() == first);
    trigger("chat.branch");
    say("What happened next?");
    QCOMPARE(chat().model().path().size(), std::size_t(4));
    QCOMPARE(chat().model().path()[1], first);
}

void TestStudio::composerTextSurvivesARestart()
{
    start();
    say("Hello!");
    QTest::keyClicks(&chat().composer().edit(), "half a thought");

    restart();

    QTRY_COMPARE_WITH_TIMEOUT(chat().composer().text(), QString("half a thought"), kPatienceMs);
}

// Drops a document of `chapters` chapters on the window and waits until it is on show.
void TestStudio::dropDocument(int chapters)
{
    QFile book(m_folder->filePath("book.md"));
    QVERIFY(book.open(QIODevice::WriteOnly));
    for (int chapter = 1; chapter <= chapters; ++chapter)
        book.write("# Chapter " + QByteArray::number(chapter) + "\n\n" + QByteArray(kStory).repeated(10) +
                   "\n\n");
    book.close();
    emit m_studio->window().filesDropped({book.fileName()});
    QTRY_COMPARE_WITH_TIMEOUT(m_studio->documents().page().outline().count(), chapters, kPatienceMs);
    QCOMPARE(m_studio->window().currentWorkspace()->id(), "documents");
}

QAction *TestStudio::documentAction(const QString &id)
{
    for (QAction *action : m_studio->documents().commands()) {
        if (action && action->objectName() == id)
            return action;
    }
    return nullptr;
}

void TestStudio::aDroppedBookIsPausedGoneOnWithAndAsked()
{
    start();
    QTRY_VERIFY_WITH_TIMEOUT(m_studio->bridge().model() != nullptr, kPatienceMs);
    dropDocument(8);
    bool ended = false;
    qint64 reused = 0, read = 0;
    const auto watch = [&] {
        connect(&m_studio->bridge(), &EngineBridge::readingEnded, m_studio.get(),
                [&](RequestId, const event::ReadingEnded &end) {
                    ended = true;
                    reused = end.tokensReused;
                    read = end.tokensRead;
                });
    };
    watch();
    QSignalSpy progress(&m_studio->bridge(), &EngineBridge::readingProgress);
    documentAction("documents.read")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(progress.size() > 3, kPatienceMs);
    documentAction("documents.read")->trigger(); // it is Pause by now
    QTRY_VERIFY_WITH_TIMEOUT(ended, kPatienceMs);
    const qint64 before = read;
    QVERIFY(before > 0);

    restart();

    QTRY_VERIFY_WITH_TIMEOUT(m_studio->bridge().model() != nullptr, kPatienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(m_studio->documents().page().outline().count(), 8,
                              kPatienceMs); // as it was left
    watch();
    ended = false;
    QTRY_VERIFY_WITH_TIMEOUT(documentAction("documents.read")->isEnabled(), kPatienceMs);
    documentAction("documents.read")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(ended, kPatienceMs);
    QCOMPARE(reused, before);
    QuestionPanel &questions = m_studio->documents().page().questions();
    questions.setQuestion("What is this about?");
    m_finished = 0;
    QTest::keyClick(questions.focusTarget(), Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(m_finished > 0, kPatienceMs);
    QTRY_VERIFY(chat().list().model().rowCount() > 0); // the question is a conversation like any other
}

void TestStudio::everyPartOfTheWindowHasAName()
{
    start();
    say("Hello!");
    dropDocument(2);
    m_studio->window().showWorkspace("chat"); // to which the docks belong
    for (QDockWidget *dock : m_studio->window().findChildren<QDockWidget *>())
        dock->show();
    for (const char *workspace : {"chat", "documents", "models"}) {
        m_studio->window().showWorkspace(workspace);
        const QStringList unnamed = unnamedParts(&m_studio->window());
        QVERIFY2(unnamed.isEmpty(), qPrintable(unnamed.join(", ")));
    }
}

QTEST_MAIN(TestStudio)
#include "tst_studio.moc"
