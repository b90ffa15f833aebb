// The Tokens workspace: what it asks the engine for, and that it shows the numbers it is told.
#include "accessibility.h"
#include "fake_engine.h"
#include "ui/tokens/next_token_view.h"
#include "ui/tokens/source_box.h"
#include "ui/tokens/surprise_table.h"
#include "ui/tokens/surprise_view.h"
#include "ui/tokens/tokenizer_view.h"
#include "ui/tokens/tokens_workspace.h"
#include "ui/tokens/two_models_view.h"
#include "ui/widgets/token_run.h"
#include "ui/widgets/token_text.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include <cmath>
#include <limits>
#include <random>

using namespace volary;
using namespace volary::ui;

namespace {

std::shared_ptr<const ModelDescription> byteModel(const std::string &name,
                                                  const std::string &tokenizer = "bytes")
{
    auto model = std::make_shared<ModelDescription>(*sampleModel());
    model->identity.name = name;
    model->identity.tokenizer = tokenizer;
    model->vocabulary = byteTokenizer();
    return model;
}

// Every letter with the surprise given for it; the first has none.
event::TextScored scored(const std::string &text, const std::vector<double> &nats,
                         std::shared_ptr<const ModelDescription> model)
{
    std::vector<TokenScore> tokens{{TokenId(text[0]), std::numeric_limits<double>::quiet_NaN()}};
    for (std::size_t i = 1; i < text.size(); ++i)
        tokens.push_back({TokenId(text[i]), nats[i - 1], 2, {{'e', 0.5f}, {TokenId(text[i]), 0.25f}}});
    return {std::make_shared<const std::vector<TokenScore>>(tokens), std::move(model)};
}

struct Page {
    Page()
    {
        engine.send(0, event::ModelOpened{byteModel("goose"), 1});
        engine.settle();
        workspace.resize(1000, 700);
        workspace.show();
    }
    void answer(Event event)
    {
        engine.send(engine.lastRequest(), std::move(event));
        engine.settle();
    }
    void score(const std::string &text, const std::vector<double> &nats,
               const std::shared_ptr<const ModelDescription> &model)
    {
        workspace.surprise().findChild<QPushButton *>("surprise.score")->click();
        answer(scored(text, nats, model));
    }
    QString label(const char *name) const { return workspace.findChild<QLabel *>(name)->text(); }
    TokenRun *run(const char *name) const { return workspace.findChild<TokenRun *>(name); }
    QTreeView *tree() const { return workspace.findChild<QTreeView *>("next.tree"); }

    FakeEngine engine;
    ThemeManager themes;
    TokensWorkspace workspace{engine.bridge(), themes};
};

} // namespace

class TestTokens : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

    void textIsScoredAndAddedUp()
    {
        Page page;
        page.workspace.surprise().findChild<QPlainTextEdit *>("source.text")->setPlainText("geese");
        page.score("geese", {1, 2, 0.5, 4.5}, byteModel("goose"));
        QCOMPARE(page.engine.last<command::ScoreText>()->source, (command::TokenSource{"geese", 0}));
        QCOMPARE(page.run("surprise.run")->count(), 5);
        const QString summary = page.label("surprise.summary");
        QVERIFY2(summary.contains("5 tokens") && summary.contains("8.00 nats") &&
                     summary.contains("2.00 per") && summary.contains("7.39"),
                 qPrintable(summary));
    }

    void keysWalkThroughTheTokens()
    {
        Page page;
        page.score("geese", {1, 2, 0.5, 4.5}, byteModel("goose"));
        TokenRun *run = page.run("surprise.run");
        QCOMPARE(run->selected(), 4); // the most surprising one
        QTest::keyClick(run, Qt::Key_Left);
        QVERIFY(page.label("surprise.facts").contains("0.50 nats"));
        QTest::keyClick(run, Qt::Key_End);
        QVERIFY(page.label("surprise.facts").contains("4.50 nats"));
        QVERIFY(run->accessibleDescription().contains("4.50 nats"));
        QVERIFY(run->accessibleDescription().contains("rank 2"));
        QTest::keyClick(run, Qt::Key_Home);
        QVERIFY(page.label("surprise.facts").contains("nothing predicts"));
        QTest::keyClick(run, Qt::Key_Left); // stays
        QCOMPARE(run->selected(), 0);
    }

    void baselineIsSubtractedTokenByToken()
    {
        Page page;
        page.score("geese", {1, 2, 0.5, 4.5}, byteModel("goose"));
        page.workspace.findChild<QPushButton *>("surprise.keep")->click();
        page.score("geese", {2, 2, 0.25, 3.5}, byteModel("gander"));
        QVERIFY2(page.label("surprise.summary").contains("difference -0.25 nats"),
                 qPrintable(page.label("surprise.summary")));
        QTest::keyClick(page.run("surprise.run"), Qt::Key_End);
        QVERIFY(page.label("surprise.facts").contains("difference -1.00"));
        page.workspace.findChild<QToolButton *>("surprise.copy")->click();
        const QStringList lines = QGuiApplication::clipboard()->text().split('\n');
        QCOMPARE(lines[0], QStringLiteral("place,token,id,nats,probability,rank,baseline nats,difference"));
        QCOMPARE(lines[1], QStringLiteral("0,\"g\",103,,,0,,"));
        QVERIFY2(lines[5].startsWith("4,\"e\",101,3.5,") && lines[5].endsWith(",2,4.5,-1"),
                 qPrintable(lines[5]));
        page.workspace.findChild<QPushButton *>("surprise.forget")->click();
        QVERIFY(!page.label("surprise.summary").contains("difference"));
    }

    void tableHoldsTheSameNumbers()
    {
        Page page;
        page.score("geese", {1, 2, 0.5, 4.5}, byteModel("goose"));
        page.workspace.findChild<QCheckBox *>("surprise.asTable")->click();
        auto *table = page.workspace.findChild<QTableView *>("surprise.table");
        QVERIFY(table->isVisible());
        QCOMPARE(table->model()->rowCount(), 5);
        QCOMPARE(table->model()->columnCount(), int(SurpriseTable::Before));
        const auto at = [&](int row, int column) { return table->model()->index(row, column).data(); };
        QCOMPARE(at(0, SurpriseTable::Nats), QVariant()); // nothing predicts the first
        QCOMPARE(at(4, SurpriseTable::Nats).toString(), QStringLiteral("4.500"));
        QCOMPARE(at(1, SurpriseTable::Probability).toString(), QStringLiteral("36.79 %"));
        page.workspace.findChild<QPushButton *>("surprise.keep")->click();
        page.score("geese", {2, 2, 0.25, 3.5}, byteModel("gander"));
        table->sortByColumn(SurpriseTable::Difference, Qt::DescendingOrder);
        QCOMPARE(at(0, SurpriseTable::Place).toInt(), 2);
        QCOMPARE(at(0, SurpriseTable::Before).toString(), QStringLiteral("1.000"));
        QCOMPARE(at(0, SurpriseTable::Difference).toString(), QStringLiteral("1.000"));
    }

    void whatCannotBeComparedSaysWhy()
    {
        Page page;
        page.score("geese", {1, 2, 0.5, 4.5}, byteModel("goose"));
        page.workspace.findChild<QPushButton *>("surprise.keep")->click();
        page.score("goose", {1, 2, 0.5, 4.5}, byteModel("goose"));
        QVERIFY(page.label("surprise.note").contains("another text"));
        QVERIFY(!page.label("surprise.summary").contains("difference"));
        page.score("geese", {1, 2, 0.5, 4.5}, byteModel("finch", "other"));
        QVERIFY(page.label("surprise.note").contains("other tokens"));
    }

    void csvKeepsEveryBit()
    {
        const auto seed = std::random_device{}();
        std::mt19937_64 random(seed);
        std::uniform_real_distribution<double> any(0, 20);
        std::string text(50, 'q');
        std::vector<double> nats;
        for (std::size_t i = 1; i < text.size(); ++i) {
            text[i] = char('!' + random() % 90); // commas and quotes, too
            nats.push_back(any(random));
        }
        const auto told = scored(text, nats, byteModel("goose"));
        const QStringList lines = asCsv({told.tokens, told.model}, {}).split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), qsizetype(text.size()) + 1);
        for (std::size_t i = 1; i < text.size(); ++i) {
            const QString start = QStringLiteral("%1,\"%2\",%3,")
                                      .arg(i)
                                      .arg(text[i] == '"' ? "\"\"" : QString(QChar(text[i])))
                                      .arg(int(text[i]));
            const QString line = lines[qsizetype(i) + 1];
            QVERIFY2(line.startsWith(start), qPrintable(QString("%1, seed %2").arg(line).arg(seed)));
            QVERIFY(line.mid(start.size()).split(',').first().toDouble() == nats[i - 1]);
        }
    }

    void scoringCanBeCancelled()
    {
        Page page;
        auto *button = page.workspace.findChild<QPushButton *>("surprise.score");
        button->click();
        const RequestId request = page.engine.lastRequest();
        QVERIFY(!button->isEnabled());
        page.answer(event::TokenProgress{10, 100});
        const auto buttons = page.workspace.surprise().findChildren<QToolButton *>();
        for (QToolButton *cancel : buttons)
            if (cancel->accessibleName().startsWith("Cancel"))
                cancel->click();
        QCOMPARE(page.engine.cancelled, std::vector<RequestId>{request});
        page.answer(event::CommandFailed{"Scoring the text", {ErrorCode::Cancelled, "Cancelled.", ""}});
        QVERIFY(button->isEnabled());
        QCOMPARE(page.run("surprise.run")->count(), 0);
    }

    void conversationIsASource()
    {
        Page page;
        page.workspace.setTurns({{11, "You: Hello"}, {12, "Reply: Quack"}});
        auto *choice = page.workspace.surprise().findChild<QComboBox *>("source.choice");
        choice->setCurrentIndex(2);
        page.score("geese", {1, 2, 0.5, 4.5}, byteModel("goose"));
        QCOMPARE(page.engine.last<command::ScoreText>()->source, (command::TokenSource{"", 12}));
        page.workspace.setTurns({{11, "You: Hello"}, {12, "Reply: Quack"}, {13, "You: Why?"}});
        QCOMPARE(page.workspace.surprise().source().source().snapshot, 12); // stays chosen
        page.workspace.setTurns({});
        QCOMPARE(page.workspace.surprise().source().source().snapshot, 0);
    }

    void onlyTheNewestTextCounts()
    {
        Page page;
        page.workspace.showPage(TokensWorkspace::TokenizerPage);
        const RequestId first = page.engine.lastRequest();
        auto *text = page.workspace.findChild<QPlainTextEdit *>("tokenizer.text");
        text->setPlainText("a\xC3\xA4");
        QTRY_COMPARE(page.engine.last<command::TokeniseText>()->text, std::string("a\xC3\xA4"));
        const RequestId second = page.engine.lastRequest();
        QVERIFY(second != first);
        page.engine.send(second, event::TextTokenised{std::make_shared<const std::vector<TokenId>>(
                                     std::vector<TokenId>{'a', 0xC3, 0xA4})});
        page.engine.send(first, event::TextTokenised{std::make_shared<const std::vector<TokenId>>()});
        page.engine.settle();
        QCOMPARE(page.run("tokenizer.run")->count(), 3);
        QVERIFY2(page.label("tokenizer.counts")
                     .startsWith("3 tokens, 3 of them different · 2 characters · 3 bytes"),
                 qPrintable(page.label("tokenizer.counts")));
        page.run("tokenizer.run")->select(1);
        QVERIFY(page.label("tokenizer.current").contains("bytes c3; part of a character"));
        QCOMPARE(
            TokenizerView::asCsv({'a', '"', 0xC3}, *byteTokenizer()),
            QStringLiteral("place,token,id,bytes\n0,\"a\",97,61\n1,\"\"\"\",34,22\n2,\"\\xc3\",195,c3\n"));
    }

    void treeAsksOnlyForWhatIsOpened()
    {
        Page page;
        page.workspace.showPage(TokensWorkspace::NextPage);
        page.workspace.next().findChild<QPlainTextEdit *>("source.text")->setPlainText("A goos");
        page.workspace.findChild<QPushButton *>("next.look")->click();
        QCOMPARE(page.engine.last<command::PredictNext>()->source, (command::TokenSource{"A goos", 0}));
        page.answer(event::NextPredicted{{}, {{'e', 0.5f}, {'y', 0.25f}}});
        // The likeliest is opened by itself.
        QCOMPARE(page.engine.last<command::PredictNext>()->path, std::vector<TokenId>{'e'});
        page.answer(event::NextPredicted{{'e'}, {{'\n', 0.5f}}});
        QCOMPARE(page.engine.count<command::PredictNext>(), 2);
        page.tree()->expand(page.tree()->currentIndex());
        QCOMPARE(page.engine.last<command::PredictNext>()->path, (std::vector<TokenId>{'e', '\n'}));
        page.answer(event::NextPredicted{{'e', '\n'}, {{'T', 0.25f}}});
        QCOMPARE(page.engine.count<command::PredictNext>(), 3);
        QTest::keyClick(page.tree(), Qt::Key_Down);
        QVERIFY2(page.label("next.path").contains("e↵T") && page.label("next.path").contains("6.25"),
                 qPrintable(page.label("next.path")));

        QTreeView *tree = page.tree();
        tree->setCurrentIndex(tree->model()->index(1, 0));
        QTest::keyClick(tree, Qt::Key_Right); // as a user opens it
        QCOMPARE(page.engine.last<command::PredictNext>()->path, std::vector<TokenId>{'y'});
        page.answer(event::NextPredicted{{'y'}, {{'!', 1.0f}}});
        tree->setCurrentIndex(tree->model()->index(0, 0, tree->model()->index(1, 0)));
        page.workspace.findChild<QToolButton *>("next.copyText")->click();
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("A goosy!"));
        page.workspace.findChild<QToolButton *>("next.copyCsv")->click();
        QCOMPARE(QGuiApplication::clipboard()->text(),
                 QStringLiteral("depth,path,id,probability,joint\n1,\"e\",101,0.5,0.5\n2,\"e↵\",10,0.5,0.25\n"
                                "3,\"e↵T\",84,0.25,0.0625\n1,\"y\",121,0.25,0.25\n2,\"y!\",33,1,0.25\n"));
        const int asked = page.engine.count<command::PredictNext>();
        tree->collapse(tree->model()->index(1, 0));
        tree->expand(tree->model()->index(1, 0)); // known already
        QCOMPARE(page.engine.count<command::PredictNext>(), asked);
    }

    void anotherModelClearsTheTree()
    {
        Page page;
        page.workspace.showPage(TokensWorkspace::NextPage);
        page.workspace.findChild<QPushButton *>("next.look")->click();
        const RequestId request = page.engine.lastRequest();
        page.engine.send(0, event::ModelOpened{byteModel("finch"), 1});
        page.engine.send(request, event::NextPredicted{{}, {{'e', 0.5f}}});
        page.engine.settle();
        QCOMPARE(page.tree()->model()->rowCount(), 0);
    }

    void failedRowCanBeOpenedAgain()
    {
        Page page;
        page.workspace.showPage(TokensWorkspace::NextPage);
        page.workspace.findChild<QPushButton *>("next.look")->click();
        page.answer(event::NextPredicted{{}, {{'e', 0.5f}}});
        page.answer(event::CommandFailed{"Predicting the next token", {ErrorCode::Io, "No.", ""}});
        QTreeView *tree = page.tree();
        QVERIFY(!tree->isExpanded(tree->model()->index(0, 0)));
        const int asked = page.engine.count<command::PredictNext>();
        tree->expand(tree->model()->index(0, 0));
        QCOMPARE(page.engine.count<command::PredictNext>(), asked + 1);
    }

    void twoModelsAreShownSideBySide()
    {
        Page page;
        page.workspace.setModels({{"/models/finch", {}, "finch"}, {"/models/goose", {}, "goose"}});
        page.workspace.showPage(TokensWorkspace::TwoModelsPage);
        page.workspace.twoModels().text().setPlainText("A goo");
        auto *button = page.workspace.findChild<QPushButton *>("two.compare");
        button->click();
        const auto *asked = page.engine.last<command::CompareModels>();
        QVERIFY(asked);
        QCOMPARE(asked->other, std::filesystem::path("/models/finch"));
        QCOMPARE(asked->text, std::string("A goo"));
        QVERIFY(!button->isEnabled());

        using Side = event::ModelsCompared::Side;
        const Side goose{byteModel("goose"), {{'s', 0.5, 1, {}}, {'e', 3, 2, {{'y', 0.5f}}}}, 2048, 50};
        const Side finch{byteModel("finch"), {{'s', 0.25, 1, {}}, {'y', 4, 7, {{'e', 0.5f}}}}, 512, 70};
        page.answer(
            event::ModelsCompared{std::make_shared<const Side>(goose), std::make_shared<const Side>(finch)});
        QVERIFY(button->isEnabled());
        QVERIFY(page.label("two.summary").contains("up to token 1,"));
        QVERIFY2(
            page.label("two.openFacts").contains("2.0 KiB") &&
                page.label("two.openFacts").contains("50.00 % would have been the first choice of finch"),
            qPrintable(page.label("two.openFacts")));
        QCOMPARE(
            TwoModelsView::asCsv({std::make_shared<const Side>(goose), std::make_shared<const Side>(finch)}),
            QStringLiteral("model,place,token,id,nats of the other,rank with the other\n"
                           "\"goose\",0,\"s\",115,0.5,1\n\"goose\",1,\"e\",101,3,2\n"
                           "\"finch\",0,\"s\",115,0.25,1\n\"finch\",1,\"y\",121,4,7\n"));

        // The same place is shown in both.
        page.workspace.activateWindow();
        TokenRun *run = page.run("two.open");
        run->setFocus();
        QTRY_VERIFY(run->hasFocus());
        QTest::keyClick(run, Qt::Key_End);
        QCOMPARE(page.run("two.other")->selected(), 1);
        QVERIFY2(page.label("two.current").contains("for finch its probability is 4.98 %, rank 2") &&
                     page.label("two.current").contains("“y”, with 50.00 %"),
                 qPrintable(page.label("two.current")));
    }

    void otherVocabulariesAreShownWithoutNumbers()
    {
        Page page;
        page.workspace.setModels({{"/models/finch", {}, "finch"}});
        page.workspace.showPage(TokensWorkspace::TwoModelsPage);
        page.workspace.findChild<QPushButton *>("two.compare")->click();
        using Side = event::ModelsCompared::Side;
        const double none = std::numeric_limits<double>::quiet_NaN();
        const Side side{byteModel("goose"), {{'s', none}}, 1, 1};
        page.answer(
            event::ModelsCompared{std::make_shared<const Side>(side), std::make_shared<const Side>(side)});
        QVERIFY(page.label("two.current").contains("different vocabularies"));
        QVERIFY(page.label("two.summary").contains("the same"));
        QVERIFY(!page.label("two.openFacts").contains("first choice"));
        QVERIFY(TwoModelsView::asCsv({std::make_shared<const Side>(side), std::make_shared<const Side>(side)})
                    .contains("\"s\",115,,\n"));
    }

    void everyPartHasAName()
    {
        Page page;
        page.score("geese", {1, 2, 0.5, 4.5}, byteModel("goose"));
        for (const auto which : {TokensWorkspace::SurprisePage, TokensWorkspace::NextPage,
                                 TokensWorkspace::TwoModelsPage, TokensWorkspace::TokenizerPage}) {
            page.workspace.showPage(which);
            const QStringList unnamed = unnamedParts(&page.workspace);
            QVERIFY2(unnamed.isEmpty(), qPrintable(unnamed.join(", ")));
        }
    }

    void smallProbabilitiesAreToldAsOdds()
    {
        QCOMPARE(probabilityText(0.1234), QStringLiteral("12.34 %"));
        QCOMPARE(probabilityText(0), QStringLiteral("0.00 %"));
        QCOMPARE(probabilityText(1.0 / 75188), QStringLiteral("1 in 75,188"));
        QCOMPARE(probabilityText(1e-12), QStringLiteral("less than 1 in a billion"));
    }

    void rowsOfARunAreWalkedWithUpAndDown()
    {
        ThemeManager themes;
        TokenRun run(themes, TokenRun::Look::Boxes, "Tokens");
        run.resize(400, 200);
        run.append({{"one"}, {"two", {}, true}, {"three"}, {"four"}});
        run.select(1);
        QTest::keyClick(&run, Qt::Key_Down);
        QVERIFY(run.selected() >= 2);
        QTest::keyClick(&run, Qt::Key_Up);
        QVERIFY(run.selected() <= 1);
        QTest::keyClick(&run, Qt::Key_Up); // there is no row above
        QVERIFY(run.selected() <= 1);
    }
};

QTEST_MAIN(TestTokens)
#include "tst_tokens.moc"
