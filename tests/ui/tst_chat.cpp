// The chat page driven as a user drives it, with a fake engine behind the real bridge.
#include "tests/support/random.h"
#include "tests/ui/accessibility.h"
#include "tests/ui/fake_engine.h"
#include "ui/chat/chat_workspace.h"
#include "ui/chat/composer.h"
#include "ui/chat/conversation_list.h"
#include "ui/chat/transcript_view.h"

#include <QAction>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDockWidget>
#include <QInputDialog>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QTextBrowser>
#include <QTimer>
#include <QToolButton>

#include <memory>

using namespace volary;
using namespace volary::ui;

namespace {

Turn turn(TurnId id, std::optional<TurnId> parent, Role role, const std::string &text)
{
    Turn made;
    made.id = id;
    made.conversation = 1;
    made.parent = parent;
    made.role = role;
    made.text = text;
    made.snapshot = id;
    made.position = id * 10;
    return made;
}

} // namespace

class TestChat : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void firstMessageMakesAConversationAndIsSent();
    void replyIsShownWhileItIsWritten();
    void thoughtsFoldWhileTheyStreamAndAfter();
    void tagInsideAnAnswerIsNotFolded();
    void stopButtonCancelsTheReply();
    void failedMessageComesBackIntoTheField();
    void regeneratingAsksForAnotherVersion();
    void whatASnapshotHasReadIsNotRegenerated();
    void stateAfterATurnCanBeKeptByName();
    void pagerShowsTheOtherVersion();
    void editingBranchesFromTheTurnBefore();
    void branchingEndsThePathThere();
    void interruptedReplyOffersToContinue();
    void draftIsKeptWithTheConversation();
    void sessionBringsBackConversationAndDraft();
    void searchShowsHitsAndOpensTheTurn();
    void deletedConversationCanBeBroughtBack();
    void trashIsUsedFromTheKeyboardAlone();
    void findGoesFromTurnToTurn();
    void longConversationKeepsOnlyWhatIsInSight();
    void viewStaysWhenTheUserHasScrolledUp();
    void lateAnswersOfOtherRequestsAreIgnored();
    void messageGoesOnlyIntoTheConversationMadeForIt();
    void sendingTwiceQuicklyMakesOneConversation();
    void editingKeepsTheDraft();
    void messageThatFailsElsewhereBecomesADraftThere();
    void runningReplyIsShownAgainAfterSwitchingBack();
    void hostileTextIsShown();
    void everyFocusablePartHasAName();
    void everyCommandHasAStableName();

private:
    QAction *command(const QString &id)
    {
        for (QAction *action : m_chat->commands()) {
            if (action && action->objectName() == id)
                return action;
        }
        return nullptr;
    }
    void open(const std::vector<Turn> &turns, std::optional<TurnId> current)
    {
        m_chat->openConversation(1);
        Conversation conversation;
        conversation.id = 1;
        conversation.title = "Geese";
        conversation.current = current;
        m_engine->send(
            m_engine->lastRequest(),
            event::ConversationOpened{conversation, std::make_shared<const std::vector<Turn>>(turns)});
        m_engine->settle();
    }
    template <typename Widget>
    Widget *shown(const char *name) // the first one in sight of that name
    {
        for (Widget *widget : m_chat->findChildren<Widget *>(QString::fromLatin1(name)))
            if (widget->isVisible())
                return widget;
        return nullptr;
    }
    void openTwoTurns()
    {
        open({turn(1, {}, Role::User, "Hello"), turn(2, 1, Role::Assistant, "Good day")}, 2);
    }
    // Starts a reply below a user turn that was just stored.
    void start(RequestId request, const Turn &user)
    {
        m_engine->send(request,
                       event::TurnStarted{1, user, turn(0, user.id, Role::Assistant, ""), 0, 5, 100});
        m_engine->settle();
    }

    std::unique_ptr<ThemeManager> m_themes;
    std::unique_ptr<FakeEngine> m_engine;
    std::unique_ptr<ChatWorkspace> m_chat;
};

void TestChat::init()
{
    m_themes = std::make_unique<ThemeManager>();
    m_engine = std::make_unique<FakeEngine>();
    m_chat = std::make_unique<ChatWorkspace>(m_engine->bridge(), *m_themes);
    m_chat->resize(1000, 700);
    m_chat->show();
    m_engine->send(1, event::ModelOpened{sampleModel(), 0.1});
    m_engine->settle();
}

void TestChat::cleanup()
{
    for (QDockWidget *dock : m_chat->docks())
        delete dock;
    m_chat.reset();
}

void TestChat::firstMessageMakesAConversationAndIsSent()
{
    QTest::keyClicks(&m_chat->composer().edit(), "Hello, goose");
    QTest::keyClick(&m_chat->composer().edit(), Qt::Key_Return);
    QCOMPARE(m_engine->count<command::CreateConversation>(), 1);
    Conversation made;
    made.id = 1;
    m_engine->send(m_engine->lastRequest(),
                   event::ConversationOpened{made, std::make_shared<const std::vector<Turn>>()});
    m_engine->settle();

    const auto *sent = m_engine->last<command::SendMessage>();
    QVERIFY(sent);
    QCOMPARE(sent->text, std::string("Hello, goose"));
    QVERIFY(!sent->parent);
    QVERIFY(m_chat->composer().text().isEmpty());
}

void TestChat::replyIsShownWhileItIsWritten()
{
    openTwoTurns();
    m_chat->composer().setText("More");
    command("chat.send")->trigger();
    const RequestId request = m_engine->lastRequest();
    QVERIFY(m_engine->last<command::SendMessage>()->parent == 2);
    start(request, turn(3, 2, Role::User, "More"));
    m_engine->send(request, event::TextAppended{1, "Once upon", {}, 2, 100});
    m_engine->send(request, event::TextAppended{1, " a time", {}, 4, 100});
    m_engine->settle();

    QCOMPARE(m_chat->model().find(ConversationModel::kRunning)->text, std::string("Once upon a time"));
    QVERIFY(m_chat->transcript().aliveViews() == 4);

    m_engine->send(
        request, event::TurnFinished{1, turn(4, 3, Role::Assistant, "Once upon a time"), FinishReason::Stop});
    m_engine->settle();
    QVERIFY(!m_chat->model().isRunning());
    QVERIFY(m_chat->model().leaf() == 4);
    QCOMPARE(m_engine->last<command::LoadTraces>()->turn, TurnId(4));
}

void TestChat::thoughtsFoldWhileTheyStreamAndAfter()
{
    openTwoTurns();
    m_chat->composer().setText("More");
    command("chat.send")->trigger();
    const RequestId request = m_engine->lastRequest();
    start(request, turn(3, 2, Role::User, "More"));
    const auto stream = [&](const std::string &text) {
        m_engine->send(request, event::TextAppended{1, text, {}, 2, 100});
        m_engine->settle();
    };
    const auto fold = [&] { return shown<QToolButton>("turn.thought"); };
    for (const char *piece : {"<th", "ink", ">I <b>wonder</b>", ". </th"})
        stream(piece);
    QVERIFY(fold());
    QVERIFY(!fold()->isChecked()); // folded unless asked
    QCOMPARE(fold()->text(), QStringLiteral("Thinking …"));
    QVERIFY(!shown<QTextBrowser>("turn.thoughtText"));

    fold()->setFocus();
    QTest::keyClick(fold(), Qt::Key_Space);
    QVERIFY(fold()->isChecked());
    QVERIFY(shown<QTextBrowser>("turn.thoughtText"));
    QCOMPARE(shown<QTextBrowser>("turn.thoughtText")->toPlainText(), QStringLiteral("I <b>wonder</b>."));
    QVERIFY(shown<QTextBrowser>("turn.thoughtText")->y() >= fold()->geometry().bottom()); // in its place

    stream("ink>\n\nIt is so.");
    QCOMPARE(fold()->text(), QStringLiteral("Thought"));
    Turn done = turn(4, 3, Role::Assistant, "<think>I <b>wonder</b>. </think>\n\nIt is so.");
    done.statsJson = R"({"thought_tokens": 120, "tokens_per_second": 40})";
    m_engine->send(request, event::TurnFinished{1, done, FinishReason::Stop});
    m_engine->settle();
    QVERIFY(fold()->text().contains(QStringLiteral("120 tokens")));
    QVERIFY(fold()->text().contains(QLocale().toString(3.0, 'f', 1)));
    QCOMPARE(fold()->accessibleName(), fold()->text());

    m_chat->transcript().select(4);
    command("chat.copyTurn")->trigger();
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("It is so."));
}

void TestChat::tagInsideAnAnswerIsNotFolded()
{
    open({turn(1, {}, Role::User, "<think>mine</think>"),
          turn(2, 1, Role::Assistant, "Write:\n```\n<think>x</think>\n```\n")},
         2);
    QVERIFY(!shown<QToolButton>("turn.thought"));
}

void TestChat::stopButtonCancelsTheReply()
{
    openTwoTurns();
    m_chat->composer().setText("More");
    command("chat.send")->trigger();
    const RequestId request = m_engine->lastRequest();
    start(request, turn(3, 2, Role::User, "More"));

    command("chat.stop")->trigger();

    QVERIFY(m_engine->cancelled == std::vector<RequestId>{request});
}

void TestChat::failedMessageComesBackIntoTheField()
{
    openTwoTurns();
    m_chat->composer().setText("A precious thought");
    command("chat.send")->trigger();
    QVERIFY(m_chat->composer().text().isEmpty());

    m_engine->send(m_engine->lastRequest(),
                   event::GenerationFailed{1, {}, {ErrorCode::Io, "The disk is full.", "Make room."}});
    m_engine->settle();

    QCOMPARE(m_chat->composer().text(), QString("A precious thought"));
    QVERIFY(m_chat->model().leaf() == 2);
    QVERIFY(command("chat.send")->isEnabled());
}

void TestChat::regeneratingAsksForAnotherVersion()
{
    openTwoTurns();

    command("chat.regenerate")->trigger();

    QVERIFY(m_engine->last<command::Regenerate>());
    QCOMPARE(m_engine->last<command::Regenerate>()->userTurn, TurnId(1));
}

void TestChat::whatASnapshotHasReadIsNotRegenerated()
{
    m_engine->send(0, event::ModelOpened{sampleModel(), 0.1});
    open({turn(1, {}, Role::Assistant, "Once upon a time"), turn(2, 1, Role::User, "And then?"),
          turn(3, 2, Role::Assistant, "They swam.")},
         3);
    QSignalSpy said(m_chat.get(), &ChatWorkspace::statusMessage);
    m_chat->transcript().select(1);

    command("chat.regenerate")->trigger();

    QVERIFY(!m_engine->last<command::Regenerate>());
    QCOMPARE(said.count(), 1);
}

void TestChat::stateAfterATurnCanBeKeptByName()
{
    openTwoTurns();

    command("chat.keepSnapshot")->trigger();

    auto *dialog = m_chat->findChild<QInputDialog *>();
    QVERIFY(dialog);
    dialog->setTextValue("  a good   start ");
    dialog->accept();
    QVERIFY(m_engine->last<command::NameSnapshot>());
    QCOMPARE(m_engine->last<command::NameSnapshot>()->snapshot, SnapshotId(2)); // of the last turn
    QCOMPARE(m_engine->last<command::NameSnapshot>()->name, std::string("a good start"));
}

void TestChat::pagerShowsTheOtherVersion()
{
    open({turn(1, {}, Role::User, "Hello"), turn(2, 1, Role::Assistant, "One"),
          turn(3, 1, Role::Assistant, "Two")},
         3);
    QVERIFY(!command("chat.nextVersion")->isEnabled());

    command("chat.previousVersion")->trigger();

    QVERIFY(m_chat->model().leaf() == 2);
    QVERIFY(m_engine->last<command::SetCurrentTurn>()->leaf == 2);
    QVERIFY(command("chat.nextVersion")->isEnabled());
}

void TestChat::editingBranchesFromTheTurnBefore()
{
    open({turn(1, {}, Role::User, "Hello"), turn(2, 1, Role::Assistant, "Hi"), turn(3, 2, Role::User, "Tell"),
          turn(4, 3, Role::Assistant, "Told")},
         4);
    m_chat->composer().setText("a draft");

    command("chat.edit")->trigger();
    QCOMPARE(m_chat->composer().text(), QString("Tell"));
    m_chat->composer().setText("Tell me");
    command("chat.send")->trigger();

    const auto *sent = m_engine->last<command::SendMessage>();
    QVERIFY(sent && sent->parent == 2);
    QCOMPARE(sent->text, std::string("Tell me"));
}

void TestChat::branchingEndsThePathThere()
{
    open({turn(1, {}, Role::User, "Hello"), turn(2, 1, Role::Assistant, "Hi"), turn(3, 2, Role::User, "Tell"),
          turn(4, 3, Role::Assistant, "Told")},
         4);
    m_chat->transcript().select(2);

    command("chat.branch")->trigger();
    QVERIFY(m_chat->model().leaf() == 2);
    m_chat->composer().setText("Something else");
    command("chat.send")->trigger();

    QVERIFY(m_engine->last<command::SendMessage>()->parent == 2);
}

void TestChat::interruptedReplyOffersToContinue()
{
    Turn half = turn(2, 1, Role::Assistant, "Half a");
    half.status = TurnStatus::Partial;
    half.snapshot.reset();
    open({turn(1, {}, Role::User, "Hello"), half}, 2);
    QPushButton *button = nullptr;
    for (auto *candidate : m_chat->findChildren<QPushButton *>()) {
        if (candidate->accessibleName() == "Continue this reply" && candidate->isVisible())
            button = candidate;
    }
    QVERIFY(button);

    QTest::mouseClick(button, Qt::LeftButton);

    QVERIFY(m_engine->last<command::ContinueReply>());
    QCOMPARE(m_engine->last<command::ContinueReply>()->assistantTurn, TurnId(2));
}

void TestChat::draftIsKeptWithTheConversation()
{
    openTwoTurns();
    QTest::keyClicks(&m_chat->composer().edit(), "not yet");
    command("chat.new")->trigger();
    QVERIFY(m_chat->composer().text().isEmpty());

    openTwoTurns();

    QCOMPARE(m_chat->composer().text(), QString("not yet"));
}

void TestChat::sessionBringsBackConversationAndDraft()
{
    openTwoTurns();
    QTest::keyClicks(&m_chat->composer().edit(), "half a thought");
    const QByteArray session = m_chat->saveSession();

    FakeEngine engine;
    ChatWorkspace again(engine.bridge(), *m_themes);
    again.restoreSession(session);
    QVERIFY(engine.last<command::OpenConversation>());
    QCOMPARE(engine.last<command::OpenConversation>()->conversation, ConversationId(1));
    Conversation conversation;
    conversation.id = 1;
    engine.send(engine.lastRequest(),
                event::ConversationOpened{conversation, std::make_shared<const std::vector<Turn>>()});
    engine.settle();

    QCOMPARE(again.composer().text(), QString("half a thought"));
    for (QDockWidget *dock : again.docks())
        delete dock;
}

void TestChat::searchShowsHitsAndOpensTheTurn()
{
    auto *field = m_chat->findChild<QLineEdit *>("chatSearch");
    QVERIFY(field);
    QTest::keyClicks(field, "goose");
    QTRY_COMPARE(m_engine->count<command::Search>(), 1);
    m_engine->send(m_engine->lastRequest(),
                   event::SearchResults{
                       "goose", {{.conversation = 1, .turn = 2, .title = "Geese", .excerpt = "a goose"}}});
    m_engine->settle();
    QCOMPARE(m_chat->list().model().rowCount(), 1);

    QTest::keyClick(field, Qt::Key_Return);
    QVERIFY(m_engine->last<command::OpenConversation>());
    Conversation conversation;
    conversation.id = 1;
    const std::vector<Turn> turns{turn(1, {}, Role::User, "Hello"), turn(2, 1, Role::Assistant, "a goose"),
                                  turn(3, 1, Role::Assistant, "a duck")};
    conversation.current = 3;
    m_engine->send(m_engine->lastRequest(),
                   event::ConversationOpened{conversation, std::make_shared<const std::vector<Turn>>(turns)});
    m_engine->settle();

    QCOMPARE(m_chat->transcript().selected(), TurnId(2));
    QVERIFY(m_chat->model().leaf() == 2);
}

void TestChat::trashIsUsedFromTheKeyboardAlone()
{
    auto *list = m_chat->findChild<QListView *>("conversationList");
    for (auto *button : m_chat->findChildren<QToolButton *>()) {
        if (button->accessibleName() == "Show the trash")
            button->toggle();
    }
    std::vector<Conversation> conversations(3);
    for (int i = 0; i < 3; ++i)
        conversations[std::size_t(i)].id = 10 + i;
    m_engine->send(m_engine->lastRequest(), event::ConversationList{conversations, true});
    m_engine->settle();
    m_chat->show();
    list->setFocus();
    list->setCurrentIndex(list->model()->index(2, 0));
    const auto chooseFirst = [] {
        auto *menu = qobject_cast<QMenu *>(QApplication::activePopupWidget());
        QVERIFY(menu);
        QTest::keyClick(menu, Qt::Key_Down);
        QTest::keyClick(menu, Qt::Key_Return);
    };

    QTimer::singleShot(0, chooseFirst);
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(m_engine->last<command::DisposeConversation>()->conversation, ConversationId(12));
    QCOMPARE(m_engine->last<command::DisposeConversation>()->disposal, command::Disposal::Restore);

    list->setCurrentIndex(list->model()->index(0, 0));
    QTimer::singleShot(0, chooseFirst);
    QContextMenuEvent byKey(QContextMenuEvent::Keyboard, list->rect().center(),
                            list->mapToGlobal(list->rect().center()));
    QApplication::sendEvent(list, &byKey);
    QCOMPARE(m_engine->last<command::DisposeConversation>()->conversation, ConversationId(10));
}

void TestChat::deletedConversationCanBeBroughtBack()
{
    openTwoTurns();
    command("chat.delete")->trigger();
    QCOMPARE(m_engine->last<command::DisposeConversation>()->disposal, command::Disposal::Trash);
    m_engine->send(m_engine->lastRequest(), event::ConversationDisposed{1, command::Disposal::Trash});
    m_engine->settle();
    QVERIFY(!m_chat->model().isOpen());
    QPushButton *undo = nullptr;
    for (auto *button : m_chat->findChildren<QPushButton *>()) {
        if (button->text() == "Undo")
            undo = button;
    }
    QVERIFY(undo && undo->isVisible());

    QTest::mouseClick(undo, Qt::LeftButton);

    QCOMPARE(m_engine->last<command::DisposeConversation>()->disposal, command::Disposal::Restore);
}

void TestChat::findGoesFromTurnToTurn()
{
    open({turn(1, {}, Role::User, "a goose"), turn(2, 1, Role::Assistant, "a duck"),
          turn(3, 2, Role::User, "two geese"), turn(4, 3, Role::Assistant, "one GOOSE")},
         4);

    QVERIFY(m_chat->transcript().find("goose", true));
    QCOMPARE(m_chat->transcript().selected(), TurnId(1));
    QVERIFY(m_chat->transcript().find("goose", true));
    QCOMPARE(m_chat->transcript().selected(), TurnId(4));
    QVERIFY(m_chat->transcript().find("goose", false));
    QCOMPARE(m_chat->transcript().selected(), TurnId(1));
    QVERIFY(!m_chat->transcript().find("swan", true));
}

void TestChat::longConversationKeepsOnlyWhatIsInSight()
{
    std::vector<Turn> turns;
    for (TurnId id = 1; id <= 2000; ++id)
        turns.push_back(turn(id, id == 1 ? std::nullopt : std::optional(id - 1),
                             id % 2 == 1 ? Role::User : Role::Assistant,
                             "Turn number " + std::to_string(id)));
    open(turns, 2000);

    QVERIFY(m_chat->transcript().isAtEnd());
    QVERIFY2(m_chat->transcript().aliveViews() < 40,
             qPrintable(QString::number(m_chat->transcript().aliveViews())));
    m_chat->transcript().scrollTo(1000);
    QVERIFY(m_chat->transcript().aliveViews() < 40);
    bool inSight = false;
    for (TurnView *view : m_chat->transcript().findChildren<TurnView *>())
        inSight =
            inSight || (view->turn() == 1000 && view->y() >= 0 && view->y() < m_chat->transcript().height());
    QVERIFY(inSight);
}

void TestChat::viewStaysWhenTheUserHasScrolledUp()
{
    std::vector<Turn> turns;
    for (TurnId id = 1; id <= 60; ++id)
        turns.push_back(turn(id, id == 1 ? std::nullopt : std::optional(id - 1),
                             id % 2 == 1 ? Role::User : Role::Assistant, "Some text"));
    open(turns, 60);
    command("chat.regenerate")->trigger();
    const RequestId request = m_engine->lastRequest();
    m_engine->send(request, event::TurnStarted{1, {}, turn(0, 59, Role::Assistant, ""), 590, 0, 0});
    m_engine->settle();
    m_chat->transcript().scrollTo(20);
    const int before = m_chat->transcript().verticalScrollBar()->value();

    for (int i = 0; i < 30; ++i)
        m_engine->send(request, event::TextAppended{1, "A line of text that goes on.\n\n", {}, i, 100});
    m_engine->settle();

    QCOMPARE(m_chat->transcript().verticalScrollBar()->value(), before);
    QVERIFY(!m_chat->transcript().isAtEnd());
}

void TestChat::lateAnswersOfOtherRequestsAreIgnored()
{
    openTwoTurns();

    m_engine->send(9999, event::TextAppended{1, "from elsewhere", {}, 1, 1});
    Conversation other;
    other.id = 5;
    m_engine->send(9999, event::ConversationOpened{other, std::make_shared<const std::vector<Turn>>()});
    m_engine->settle();

    QCOMPARE(m_chat->model().conversation().id, ConversationId(1));
    QVERIFY(m_chat->model().path() == (std::vector<TurnId>{1, 2}));
}

void TestChat::messageGoesOnlyIntoTheConversationMadeForIt()
{
    m_chat->composer().setText("For a new one");
    command("chat.send")->trigger();
    QCOMPARE(m_engine->count<command::CreateConversation>(), 1);
    const RequestId create = m_engine->lastRequest();

    openTwoTurns(); // the user goes elsewhere meanwhile
    Conversation made;
    made.id = 7;
    m_engine->send(create, event::ConversationOpened{made, std::make_shared<const std::vector<Turn>>()});
    m_engine->settle();

    QCOMPARE(m_engine->count<command::SendMessage>(), 0);
    QCOMPARE(m_chat->model().conversation().id, ConversationId(1));
}

void TestChat::sendingTwiceQuicklyMakesOneConversation()
{
    m_chat->composer().setText("Hello");
    command("chat.send")->trigger();
    command("chat.send")->trigger();

    QCOMPARE(m_engine->count<command::CreateConversation>(), 1);
}

void TestChat::editingKeepsTheDraft()
{
    openTwoTurns();
    m_chat->composer().setText("a draft");
    command("chat.edit")->trigger();
    m_chat->composer().setText("Hello again");
    command("chat.send")->trigger();

    QCOMPARE(m_engine->last<command::SendMessage>()->text, std::string("Hello again"));
    QCOMPARE(m_chat->composer().text(), QString("a draft"));
}

void TestChat::messageThatFailsElsewhereBecomesADraftThere()
{
    openTwoTurns();
    m_chat->composer().setText("A precious thought");
    command("chat.send")->trigger();
    const RequestId request = m_engine->lastRequest();
    command("chat.new")->trigger();

    m_engine->send(request, event::GenerationFailed{1, {}, {ErrorCode::Io, "The disk is full.", ""}});
    m_engine->settle();
    QVERIFY(m_chat->composer().text().isEmpty());
    openTwoTurns();

    QCOMPARE(m_chat->composer().text(), QString("A precious thought"));
}

void TestChat::runningReplyIsShownAgainAfterSwitchingBack()
{
    openTwoTurns();
    m_chat->composer().setText("More");
    command("chat.send")->trigger();
    const RequestId request = m_engine->lastRequest();
    const Turn user = turn(3, 2, Role::User, "More");
    start(request, user);
    m_engine->send(request, event::TextAppended{1, "Once", {}, 1, 100});
    m_engine->settle();
    command("chat.new")->trigger();
    m_engine->send(request, event::TextAppended{1, " upon", {}, 2, 100});
    m_engine->settle();

    open({turn(1, {}, Role::User, "Hello"), turn(2, 1, Role::Assistant, "Good day"), user}, 3);

    QVERIFY(m_chat->model().isRunning());
    QCOMPARE(m_chat->model().find(ConversationModel::kRunning)->text, std::string("Once upon"));
}

// Finishes at all: without limits these take minutes to lay out.
void TestChat::hostileTextIsShown()
{
    const auto repeated = [](const char *piece, int count) {
        return QString::fromLatin1(piece).repeated(count).toStdString();
    };
    const std::vector<std::string> texts{
        repeated(">", 20'000), repeated("*a ", 5'000) + repeated("*", 5'000), repeated("a\n\n", 20'000),
        repeated("|a", 20'000) + "|\n" + repeated("|-", 20'000) + "|\n", repeated("- ", 5'000)};
    std::vector<Turn> turns;
    for (std::size_t i = 0; i < texts.size(); ++i)
        turns.push_back(
            turn(TurnId(i + 1), i == 0 ? std::nullopt : std::optional(TurnId(i)), Role::User, texts[i]));
    open(turns, turns.back().id);
    for (const Turn &each : turns)
        m_chat->transcript().scrollTo(each.id);

    QVERIFY(m_chat->transcript().aliveViews() > 0);
}

void TestChat::everyFocusablePartHasAName()
{
    openTwoTurns();
    for (QDockWidget *dock : m_chat->docks())
        dock->show();

    QStringList unnamed = unnamedParts(m_chat.get());
    for (QDockWidget *dock : m_chat->docks())
        unnamed += unnamedParts(dock);

    QVERIFY2(unnamed.isEmpty(), qPrintable(unnamed.join(", ")));
}

void TestChat::everyCommandHasAStableName()
{
    QStringList names;
    for (QAction *action : m_chat->commands()) {
        if (!action)
            continue;
        QVERIFY(action->objectName().startsWith("chat."));
        QVERIFY(!action->text().isEmpty());
        names.append(action->objectName());
    }
    QCOMPARE(names.removeDuplicates(), 0);
}

QTEST_MAIN(TestChat)
#include "tst_chat.moc"
