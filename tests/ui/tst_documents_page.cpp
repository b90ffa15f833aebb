// The Documents workspace: shelf, text, reading, questions, summaries.
#include "fake_engine.h"
#include "tests/support/random.h"
#include "ui/documents/document_page.h"
#include "ui/documents/documents_workspace.h"
#include "ui/widgets/error_card.h"
#include "ui/widgets/two_line_delegate.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QListView>
#include <QListWidget>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

#include <set>

using namespace volary;
using namespace volary::test;
using namespace volary::ui;

namespace {

StoredDocument stored(DocumentId id, const std::string &title, std::int64_t position = 0)
{
    StoredDocument document;
    document.id = id;
    document.title = title;
    document.source = title + ".md";
    document.bytes = 2048;
    const auto model = sampleModel();
    if (position > 0)
        document.readings.push_back({.id = id,
                                     .document = id,
                                     .fingerprint = model->identity.fingerprint,
                                     .tokenizer = model->identity.tokenizer,
                                     .modelName = "goose",
                                     .tokens = 1000,
                                     .position = position,
                                     .snapshot = 1});
    return document;
}

// The page with a model and three documents: one is read, one half, one not.
struct Desk {
    FakeEngine engine;
    ThemeManager themes;
    DocumentsWorkspace workspace{engine.bridge(), themes};

    Desk()
    {
        engine.on<command::ListDocuments>([this](RequestId request, const command::ListDocuments &) {
            engine.send(request, event::DocumentList{
                                     {stored(3, "Read", 1000), stored(2, "Half", 500), stored(1, "New")}});
        });
        engine.on<command::OpenDocument>([this](RequestId request, const command::OpenDocument &command) {
            event::DocumentOpened opened;
            opened.document = stored(command.document, "A book",
                                     command.document == 3   ? 1000
                                     : command.document == 2 ? 500
                                                             : 0);
            opened.text = std::make_shared<const std::string>("# One\n\nducks\n\n# Two\n\ngeese\n");
            opened.sections = {{"One", 1, 0, 14}, {"Two", 2, 14, 27}};
            Conversation asked;
            asked.id = 40;
            asked.title = "Who?";
            asked.preview = "Ducks.";
            opened.questions = {asked};
            engine.send(request, std::move(opened));
        });
        workspace.resize(1100, 700);
        workspace.show();
        engine.send(0, event::LibraryOpened{});
        engine.send(0, event::ModelOpened{sampleModel(), 1});
        engine.settle();
    }

    void choose(int row)
    {
        workspace.shelf().setCurrentIndex(workspace.shelf().model()->index(row, 0));
        engine.settle();
    }
    QAction *action(const QString &name)
    {
        for (QAction *found : workspace.commands()) {
            if (found && found->objectName() == name)
                return found;
        }
        return nullptr;
    }
};

} // namespace

class TestDocumentsPage : public QObject {
    Q_OBJECT

private slots:
    void theShelfTellsWhatWasRead();
    void openingShowsTextOutlineAndHistory();
    void readingShowsProgressAndPauses();
    void answersStreamBelowTheQuestion();
    void severalDocumentsAreAskedInTurn();
    void questionsNeedAReadDocument();
    void summariesShowAndEnd();
    void failuresAreShown();
    void longTextKnowsItsPlaces();
    void aLineWithoutEndIsCut();
};

void TestDocumentsPage::theShelfTellsWhatWasRead()
{
    Desk desk;
    QAbstractItemModel *model = desk.workspace.shelf().model();
    const QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const auto trailing = [&](int row) {
        return model->index(row, 0).data(TwoLineDelegate::TrailingRole).toString();
    };
    QCOMPARE(model->rowCount(), 3);
    QCOMPARE(trailing(0), "read");
    QCOMPARE(trailing(1), "50%");
    QCOMPARE(trailing(2), "");
    QVERIFY(model->index(0, 0).data(TwoLineDelegate::CaptionRole).toString().endsWith("1,000 tokens"));
    QVERIFY(model->index(0, 0).data(Qt::ToolTipRole).toString().endsWith("tokens · goose"));
    QVERIFY(!model->index(2, 0).data(Qt::AccessibleTextRole).toString().isEmpty());
    desk.engine.send(9, event::DocumentAdded{stored(4, "Another")});
    desk.engine.settle();
    QCOMPARE(model->rowCount(), 4);
    QCOMPARE(desk.workspace.shelf().currentIndex().row(), 0); // it is opened at once
    desk.engine.send(9, event::DocumentDeleted{4});
    desk.engine.settle();
    QCOMPARE(model->rowCount(), 3);
}

void TestDocumentsPage::openingShowsTextOutlineAndHistory()
{
    Desk desk;
    desk.choose(0);
    DocumentPage &page = desk.workspace.page();
    QVERIFY(page.text().visibleText().contains("geese"));
    QCOMPARE(page.outline().count(), 2);
    QVERIFY(page.outline().item(1)->text().endsWith("Two"));
    QCOMPARE(page.questions().answer(40), "Ducks.");
    QSignalSpy leaves(&desk.workspace, &DocumentsWorkspace::conversationRequested);
    emit page.questions().conversationRequested(40);
    QCOMPARE(leaves.size(), 1);
}

void TestDocumentsPage::readingShowsProgressAndPauses()
{
    Desk desk;
    desk.choose(1);
    QCOMPARE(desk.action("documents.read")->iconText(), "Go on reading");
    QSignalSpy started(&desk.workspace, &DocumentsWorkspace::jobStarted),
        ended(&desk.workspace, &DocumentsWorkspace::jobEnded);
    desk.action("documents.read")->trigger();
    const RequestId request = desk.engine.lastRequest();
    QVERIFY(desk.engine.last<command::ReadDocument>());
    QCOMPARE(desk.engine.last<command::ReadDocument>()->document, 2);
    QVERIFY(!desk.engine.last<command::ReadDocument>()->again);
    QCOMPARE(started.size(), 1);
    desk.engine.send(request, event::ReadingProgress{2, 600, 1000, 550, 100});
    desk.engine.settle();
    QCOMPARE(desk.workspace.shelf().model()->index(1, 0).data(TwoLineDelegate::TrailingRole).toString(),
             "60%");
    QCOMPARE(desk.action("documents.read")->iconText(), "Pause");
    desk.action("documents.read")->trigger();
    QCOMPARE(desk.engine.cancelled, std::vector<RequestId>{request});
    desk.engine.send(request, event::ReadingEnded{stored(2, "Half", 700), 500, 200, 100,
                                                  Error{ErrorCode::Cancelled, "Reading was paused.", ""}});
    desk.engine.settle();
    QCOMPARE(ended.size(), 1);
    QCOMPARE(desk.workspace.shelf().model()->index(1, 0).data(TwoLineDelegate::TrailingRole).toString(),
             "70%");
    QVERIFY(!desk.workspace.findChild<QWidget *>("documents.error")->isVisible()); // a pause is no error
    desk.action("documents.again")->trigger();
    QVERIFY(desk.engine.last<command::ReadDocument>()->again);
}

void TestDocumentsPage::answersStreamBelowTheQuestion()
{
    Desk desk;
    desk.choose(0);
    QuestionPanel &questions = desk.workspace.page().questions();
    questions.setQuestion("  What do ducks do?  ");
    QTest::keyClick(questions.focusTarget(), Qt::Key_Return);
    const RequestId request = desk.engine.lastRequest();
    const auto *ask = desk.engine.last<command::AskDocument>();
    QVERIFY(ask);
    QCOMPARE(ask->document, 3);
    QCOMPARE(ask->question, std::string("What do ducks do?"));
    Conversation conversation;
    conversation.id = 50;
    desk.engine.send(request, event::DocumentAsked{3, conversation});
    event::TurnStarted started{};
    started.conversation = 50;
    desk.engine.send(request, started);
    desk.engine.send(request, event::TextAppended{50, "They ", {}, 1, 10});
    desk.engine.send(request, event::TextAppended{50, "<b>swim</b>.", {}, 2, 10});
    desk.engine.send(request + 1, event::TextAppended{50, "not mine", {}, 2, 10});
    desk.engine.settle();
    QCOMPARE(questions.answer(50), "They <b>swim</b>."); // never markup
    questions.setQuestion("More?");
    QTest::keyClick(questions.focusTarget(), Qt::Key_Return); // waits for the running one
    QCOMPARE(desk.engine.count<command::AskDocument>(), 1);
    desk.engine.send(request, event::TurnFinished{50, {}, FinishReason::Stop});
    desk.engine.settle();
    QTest::keyClick(questions.focusTarget(), Qt::Key_Return);
    QCOMPARE(desk.engine.count<command::AskDocument>(), 2);
}

void TestDocumentsPage::severalDocumentsAreAskedInTurn()
{
    Desk desk;
    desk.engine.send(
        9, event::DocumentList{{stored(3, "Read", 1000), stored(2, "Too", 1000), stored(1, "New")}});
    desk.engine.settle();
    desk.choose(0);
    desk.workspace.shelf().selectAll();
    QuestionPanel &questions = desk.workspace.page().questions();
    questions.setQuestion("Who?");
    QTest::keyClick(questions.focusTarget(), Qt::Key_Return);
    QCOMPARE(desk.engine.count<command::AskDocument>(), 1); // one after the other
    const DocumentId first = desk.engine.last<command::AskDocument>()->document;
    desk.engine.send(desk.engine.lastRequest(), event::TurnFinished{50, {}, FinishReason::Stop});
    desk.engine.settle();
    QCOMPARE(desk.engine.count<command::AskDocument>(), 2);
    const DocumentId second = desk.engine.last<command::AskDocument>()->document;
    QVERIFY((std::set{first, second} == std::set<DocumentId>{2, 3})); // what is not read is left out
    desk.engine.send(desk.engine.lastRequest(), event::TurnFinished{51, {}, FinishReason::Stop});
    desk.engine.settle();
    QCOMPARE(desk.engine.count<command::AskDocument>(), 2);
}

void TestDocumentsPage::questionsNeedAReadDocument()
{
    Desk desk;
    desk.choose(2);
    QuestionPanel &questions = desk.workspace.page().questions();
    questions.setQuestion("Who?");
    QTest::keyClick(questions.focusTarget(), Qt::Key_Return);
    QCOMPARE(desk.engine.count<command::AskDocument>(), 0);
    QVERIFY(!desk.action("documents.summarise")->isEnabled());
    QVERIFY(desk.action("documents.read")->isEnabled());
    desk.engine.send(0, event::ModelClosed{});
    desk.engine.settle();
    QSignalSpy models(&desk.workspace, &DocumentsWorkspace::modelsRequested);
    desk.action("documents.read")->trigger();
    QCOMPARE(models.size(), 1); // reading needs a model: this is where to get one
}

void TestDocumentsPage::summariesShowAndEnd()
{
    Desk desk;
    desk.choose(0);
    desk.action("documents.chapters")->trigger();
    QVERIFY(desk.engine.last<command::SummariseDocument>()->chapters);
    const RequestId request = desk.engine.lastRequest();
    QVERIFY(!desk.action("documents.summarise")->isEnabled());
    SummaryPanel &summary = desk.workspace.page().summary();
    desk.engine.send(request, event::SummaryProgress{3, 1, 3, "Two", "Geese <i>fly"});
    desk.engine.settle();
    QVERIFY(summary.text().contains("Geese <i>fly"));
    emit summary.cancelRequested();
    QCOMPARE(desk.engine.cancelled, std::vector<RequestId>{request});
    desk.engine.send(request, event::SummaryEnded{3,
                                                  {{3, Summary::kWhole, "", "All.", 0, false},
                                                   {3, 0, "One", "Ducks.", 0, false}},
                                                  Error{ErrorCode::Cancelled, "", ""}});
    desk.engine.settle();
    QVERIFY(summary.text().contains("The whole text"));
    QVERIFY(summary.text().contains("Ducks."));
    QVERIFY(desk.action("documents.summarise")->isEnabled());
}

void TestDocumentsPage::failuresAreShown()
{
    Desk desk;
    desk.choose(0);
    auto *card = desk.workspace.findChild<ErrorCard *>("documents.error");
    desk.engine.send(7, event::CommandFailed{"Renaming the conversation", Error{ErrorCode::Io, "No.", ""}});
    desk.engine.settle();
    QVERIFY(!card->isVisible()); // another page's
    desk.workspace.addFile("/nowhere/a.pdf");
    desk.engine.send(
        desk.engine.lastRequest(),
        event::CommandFailed{"Opening the document",
                             Error{ErrorCode::NotFound, "Missing.", "Install the package poppler-utils."}});
    desk.engine.settle();
    QVERIFY(card->isVisible());
    QVERIFY(card->report().contains("Missing."));
}

void TestDocumentsPage::longTextKnowsItsPlaces()
{
    ThemeManager themes;
    TextView view(themes);
    view.resize(600, 400);
    view.show();
    std::string text;
    std::vector<std::uint64_t> begins;
    while (text.size() < 10u << 20) {
        begins.push_back(text.size());
        text += "line " + std::to_string(begins.size()) + " " +
                std::string(std::size_t(integer(0, 300)), 'x') + "\n";
    }
    view.setText(std::make_shared<const std::string>(text));
    for (int round = 0; round < 50; ++round) {
        const auto line = std::size_t(integer(0, int(begins.size()) - 40));
        view.scrollToByte(begins[line]);
        QCOMPARE(view.firstVisibleByte(), begins[line]);
        QVERIFY(view.visibleText().startsWith(QStringLiteral("line %1 ").arg(line + 1)));
        view.grab(); // lays out what is in sight
    }
    const std::uint64_t before = view.firstVisibleByte();
    view.resize(400, 300);
    QCoreApplication::processEvents();
    QCOMPARE(view.firstVisibleByte(), before); // the place stays
    QTest::keyClick(&view, Qt::Key_End);
    QVERIFY(view.visibleText().contains(QStringLiteral("line %1 ").arg(begins.size())));
    QTest::keyClick(&view, Qt::Key_Home);
    QCOMPARE(view.firstVisibleByte(), std::uint64_t(0));
}

void TestDocumentsPage::aLineWithoutEndIsCut()
{
    ThemeManager themes;
    TextView view(themes);
    view.resize(600, 400);
    view.show();
    std::string text;
    while (text.size() < 1u << 20)
        text += "ü";
    view.setText(std::make_shared<const std::string>(text));
    view.grab();
    QVERIFY(view.visibleText().size() < 200'000);
    QVERIFY(!view.visibleText().contains(QChar::ReplacementCharacter)); // never inside a character
    view.setText(std::make_shared<const std::string>());
    view.grab();
    QVERIFY(view.visibleText().isEmpty());
}

QTEST_MAIN(TestDocumentsPage)
#include "tst_documents_page.moc"
