// The tree of turns and the path that is shown.
#include "ui/chat/conversation_model.h"

#include <QTest>

using namespace volary;
using namespace volary::ui;

namespace {

Turn turn(TurnId id, std::optional<TurnId> parent, Role role, const char *text = "")
{
    Turn made;
    made.id = id;
    made.conversation = 1;
    made.parent = parent;
    made.role = role;
    made.text = text;
    return made;
}

// 1 -> 2 -> 3 -> 4, and 5 beside 4, and 6 (another first turn) -> 7
std::vector<Turn> tree()
{
    return {turn(1, {}, Role::User),     turn(2, 1, Role::Assistant), turn(3, 2, Role::User),
            turn(4, 3, Role::Assistant), turn(5, 3, Role::Assistant), turn(6, {}, Role::User),
            turn(7, 6, Role::Assistant)};
}

Conversation conversation(std::optional<TurnId> current)
{
    Conversation made;
    made.id = 1;
    made.current = current;
    return made;
}

using Path = std::vector<TurnId>;

} // namespace

class TestConversationModel : public QObject {
    Q_OBJECT

private slots:
    void opensWithThePathShownLast();
    void opensWithTheNewestTurnWhenThePathIsGone();
    void versionsAreTheTurnsWithTheSameParent();
    void goingToAVersionShowsItsNewestLeaf();
    void runningReplyEndsThePathAndBecomesATurn();
    void failedReplyLeavesThePathThatWasThere();
    void treeThatIsReadAnewKeepsTheRunningReply();
    void damagedTreeThatRunsInCirclesIsSurvived();
};

void TestConversationModel::opensWithThePathShownLast()
{
    ConversationModel model;
    model.open(conversation(4), tree());

    QVERIFY(model.path() == (Path{1, 2, 3, 4}));
    QVERIFY(model.leaf() == 4);
}

void TestConversationModel::opensWithTheNewestTurnWhenThePathIsGone()
{
    ConversationModel model;
    model.open(conversation(99), tree());

    QVERIFY(model.path() == (Path{6, 7}));
}

void TestConversationModel::versionsAreTheTurnsWithTheSameParent()
{
    ConversationModel model;
    model.open(conversation(5), tree());

    QVERIFY(model.versions(5) == (Path{4, 5}));
    QVERIFY(model.versions(1) == (Path{1, 6}));
    QVERIFY(model.version(5, -1) == 4);
    QVERIFY(!model.version(5, 1));
}

void TestConversationModel::goingToAVersionShowsItsNewestLeaf()
{
    ConversationModel model;
    model.open(conversation(7), tree());

    QCOMPARE(model.showThrough(1), TurnId(5));
    QVERIFY(model.path() == (Path{1, 2, 3, 5}));
    model.showUpTo(2);
    QVERIFY(model.path() == (Path{1, 2}));
}

void TestConversationModel::runningReplyEndsThePathAndBecomesATurn()
{
    ConversationModel model;
    model.open(conversation(5), tree());
    Turn reply = turn(0, 8, Role::Assistant);

    model.begin(turn(8, 5, Role::User, "more"), reply);
    model.append("Once ");
    model.append("upon");

    QVERIFY(model.path() == (Path{1, 2, 3, 5, 8, ConversationModel::kRunning}));
    QCOMPARE(model.find(ConversationModel::kRunning)->text, std::string("Once upon"));
    QVERIFY(model.leaf() == 8);

    reply.id = 9;
    model.finish(reply);
    QVERIFY(!model.isRunning());
    QVERIFY(model.path() == (Path{1, 2, 3, 5, 8, 9}));
}

void TestConversationModel::failedReplyLeavesThePathThatWasThere()
{
    ConversationModel model;
    model.open(conversation(5), tree());
    model.begin({}, turn(0, 3, Role::Assistant));

    model.abandon({});

    QVERIFY(model.path() == (Path{1, 2, 3}));
    model.begin({}, turn(0, 3, Role::Assistant));
    model.abandon(turn(10, 3, Role::Assistant, "half"));
    QVERIFY(model.path() == (Path{1, 2, 3, 10}));
}

void TestConversationModel::treeThatIsReadAnewKeepsTheRunningReply()
{
    ConversationModel model;
    model.open(conversation(5), tree());
    model.begin({}, turn(0, 3, Role::Assistant));
    model.append("text");

    model.open(conversation(5), tree());

    QVERIFY(model.path() == (Path{1, 2, 3, ConversationModel::kRunning}));
    QCOMPARE(model.find(ConversationModel::kRunning)->text, std::string("text"));
}

void TestConversationModel::damagedTreeThatRunsInCirclesIsSurvived()
{
    ConversationModel model;
    model.open(conversation(1), {turn(1, 2, Role::User), turn(2, 1, Role::Assistant)});

    QVERIFY(model.path().size() <= 3);
    model.showThrough(1);
    QVERIFY(model.path().size() <= 3);
}

QTEST_GUILESS_MAIN(TestConversationModel)
#include "tst_conversation_model.moc"
