// The panels around the transcript, each on its own.
#include "ui/chat/panels/branch_tree.h"
#include "ui/chat/panels/probability_panel.h"
#include "ui/chat/panels/sampling_panel.h"
#include "ui/chat/panels/timeline_strip.h"
#include "ui/widgets/token_text.h"

#include <QDoubleSpinBox>
#include <QSignalSpy>
#include <QTest>

using namespace volary;
using namespace volary::ui;

class TestChatPanels : public QObject {
    Q_OBJECT

private slots:
    void timelineIsDrivenByTheKeyboard();
    void timelineDotsCanBeClicked();
    void treeIsDrivenByTheKeyboard();
    void samplingGivesBackWhatItWasGiven();
    void samplingTellsOnlyOfTheUsersChanges();
    void tokensAreMadeVisible();
    void alternativeBranchesAtItsPlace();

private:
    ThemeManager m_themes;
};

void TestChatPanels::timelineIsDrivenByTheKeyboard()
{
    TimelineStrip strip(m_themes, nullptr);
    strip.resize(400, 30);
    strip.setDots({{1, "one", true, true, 1}, {2, "two", true, false, 2}, {3, "three", false, true, 1}});
    strip.setCurrent(3);
    int activated = 0, branched = 0;
    connect(&strip, &TimelineStrip::activated, &strip, [&](TurnId turn) { activated = int(turn); });
    connect(&strip, &TimelineStrip::branchRequested, &strip, [&](TurnId turn) { branched = int(turn); });

    QTest::keyClick(&strip, Qt::Key_Left);
    QTest::keyClick(&strip, Qt::Key_Return);
    QTest::keyClick(&strip, Qt::Key_Home);
    QTest::keyClick(&strip, Qt::Key_B);

    QCOMPARE(activated, 2);
    QCOMPARE(branched, 1);
}

void TestChatPanels::timelineDotsCanBeClicked()
{
    TimelineStrip strip(m_themes, nullptr);
    strip.resize(400, 30);
    QList<TimelineStrip::Dot> dots;
    for (TurnId id = 1; id <= 1000; ++id)
        dots.append({id, QString::number(id), true, id % 2 == 1, 1});
    strip.setDots(dots);
    TurnId hit = 0;
    connect(&strip, &TimelineStrip::activated, &strip, [&](TurnId turn) { hit = turn; });

    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(200, 15));

    QVERIFY(hit > 450 && hit < 550);
}

void TestChatPanels::treeIsDrivenByTheKeyboard()
{
    BranchTree tree(m_themes, nullptr);
    tree.resize(400, 300);
    tree.setTree({{1, {}, true, "a", false},
                  {2, 1, false, "b", false},
                  {3, 1, false, "c", false},
                  {4, 3, true, "d", false}},
                 {1, 2});
    QCOMPARE(tree.current(), TurnId(2));
    TurnId gone = 0, branched = 0, hidden = 0;
    connect(&tree, &BranchTree::goTo, &tree, [&](TurnId turn) { gone = turn; });
    connect(&tree, &BranchTree::branchFrom, &tree, [&](TurnId turn) { branched = turn; });
    connect(&tree, &BranchTree::hideRequested, &tree, [&](TurnId turn) { hidden = turn; });

    QTest::keyClick(&tree, Qt::Key_Right);
    QTest::keyClick(&tree, Qt::Key_Return);
    QTest::keyClick(&tree, Qt::Key_Down);
    QTest::keyClick(&tree, Qt::Key_Delete);
    QTest::keyClick(&tree, Qt::Key_Up);
    QTest::keyClick(&tree, Qt::Key_Up);
    QTest::keyClick(&tree, Qt::Key_B);

    QCOMPARE(gone, TurnId(3));
    QCOMPARE(hidden, TurnId(4));
    QCOMPARE(branched, TurnId(1));
}

void TestChatPanels::samplingGivesBackWhatItWasGiven()
{
    SamplingPanel panel(m_themes, nullptr);
    GenerationSettings settings;
    settings.sampler = {.temperature = 0.35,
                        .topK = 40,
                        .topP = 0.9,
                        .minP = 0.05,
                        .presencePenalty = 0.2,
                        .frequencyPenalty = 0.15,
                        .penaltyDecay = 0.98,
                        .seed = 77};
    settings.maxTokens = 123;
    settings.chatFormat = "raw";

    panel.setSettings(settings);

    QVERIFY(panel.settings() == settings);
}

void TestChatPanels::samplingTellsOnlyOfTheUsersChanges()
{
    SamplingPanel panel(m_themes, nullptr);
    QSignalSpy changed(&panel, &SamplingPanel::changed);
    GenerationSettings settings;
    settings.sampler.temperature = 0.5;
    panel.setSettings(settings);
    QTest::qWait(400);
    QCOMPARE(changed.count(), 0);

    panel.findChild<QDoubleSpinBox *>()->setValue(0.7);

    QTRY_COMPARE(changed.count(), 1);
    QCOMPARE(panel.settings().sampler.temperature, 0.7);
}

void TestChatPanels::tokensAreMadeVisible()
{
    QCOMPARE(visibleToken(" the"), QStringLiteral("·the"));
    QCOMPARE(visibleToken("\n"), QStringLiteral("↵"));
    QCOMPARE(visibleToken("\xE2\x82"), QStringLiteral("\\xe2\\x82"));
}

void TestChatPanels::alternativeBranchesAtItsPlace()
{
    ProbabilityPanel panel(m_themes, nullptr);
    panel.resize(300, 500);
    panel.show();
    panel.setBranchingEnabled(true);
    const std::vector<TokenTrace> traces{{65, {{65, 0.9f}, {66, 0.1f}}}, {67, {{68, 0.6f}, {67, 0.4f}}}};
    panel.setTraces(9, std::make_shared<const std::vector<TokenTrace>>(traces));
    TurnId turn = 0;
    qint64 keep = -1;
    TokenId token = -1;
    connect(&panel, &ProbabilityPanel::branchRequested, &panel, [&](TurnId t, qint64 k, TokenId c) {
        turn = t;
        keep = k;
        token = c;
    });
    auto *strip = panel.findChild<TokenRun *>();
    auto *bars = panel.findChild<AlternativeBars *>();
    QCOMPARE(strip->selected(), 1);

    QTest::keyClick(strip, Qt::Key_Left);
    QTest::keyClick(bars, Qt::Key_Return); // the token that was taken: nothing to branch to
    QCOMPARE(turn, TurnId(0));
    QTest::keyClick(bars, Qt::Key_Down);
    QTest::keyClick(bars, Qt::Key_Return);

    QCOMPARE(turn, TurnId(9));
    QCOMPARE(keep, qint64(0));
    QCOMPARE(token, TokenId(66));
}

QTEST_MAIN(TestChatPanels)
#include "tst_chat_panels.moc"
