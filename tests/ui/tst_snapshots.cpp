// The Snapshots workspace: what is listed, what is asked of the engine, and what a comparison shows.
#include "fake_engine.h"
#include "ui/snapshots/compare_view.h"
#include "ui/snapshots/forms_dialog.h"
#include "ui/snapshots/snapshots_workspace.h"
#include "ui/snapshots/state_image.h"
#include "ui/widgets/colour_scale.h"
#include "ui/widgets/error_card.h"
#include "ui/widgets/heat_grid.h"
#include "ui/widgets/two_line_delegate.h"
#include "ui/widgets/undo_bar.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPointer>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include <cmath>
#include <limits>

using namespace volary;
using namespace volary::ui;

namespace {

SnapshotSummary snapshot(SnapshotId id, const char *excerpt, const char *name = "", TurnId turn = 1)
{
    SnapshotSummary made;
    made.id = id;
    made.model = {"f1", "rwkv7", "Goose", "tokenizer", "cpu"};
    made.tokens = 100 * id;
    made.stateBytes = 1024;
    made.name = name;
    made.turn = turn;
    made.conversation = turn != 0 ? 7 : 0;
    made.title = turn != 0 ? "Ducks" : "";
    made.excerpt = excerpt;
    return made;
}

std::shared_ptr<const ModelDescription> openModel(const char *fingerprint = "f1")
{
    auto model = std::make_shared<ModelDescription>(*sampleModel());
    model->identity = {fingerprint, "rwkv7", "Goose", "tokenizer", "cpu"};
    return model;
}

struct Page {
    explicit Page(std::vector<SnapshotSummary> listed)
    {
        engine.on<command::ListSnapshots>([this, listed](RequestId id, const command::ListSnapshots &) {
            engine.send(id, event::SnapshotList{std::make_shared<const std::vector<SnapshotSummary>>(
                                changed.empty() ? listed : changed)});
        });
        workspace.resize(1000, 700);
        workspace.show();
        engine.settle();
    }

    QStringList titles() const
    {
        QStringList all;
        const auto *model = list()->model();
        for (int row = 0; row < model->rowCount(); ++row)
            all += model->index(row, 0).data().toString();
        return all;
    }
    QListView *list() const { return workspace.findChild<QListView *>("snapshots.list"); }
    QAction *action(const char *name) const { return workspace.findChild<QAction *>(name); }
    QString texts() const
    {
        QStringList all;
        for (const QLabel *label : workspace.findChildren<QLabel *>())
            if (label->isVisible())
                all += label->text();
        return all.join('\n');
    }

    FakeEngine engine;
    ThemeManager themes;
    SnapshotsWorkspace workspace{engine.bridge(), themes};
    std::vector<SnapshotSummary> changed; // what is listed from now on
};

} // namespace

class TestSnapshots : public QObject {
    Q_OBJECT

private slots:
    void viewsShowWhatTheyPromise()
    {
        SnapshotSummary thrown = snapshot(5, "", "thrown away", 0);
        thrown.deletedMs = 1;
        thrown.inTrash = true;
        SnapshotSummary ofTrash = snapshot(6, "its conversation is in the trash");
        ofTrash.inTrash = true;
        SnapshotSummary pinned = snapshot(2, "pinned");
        pinned.pinned = true;
        Page page({snapshot(1, "a turn"), pinned, snapshot(3, "a turn with a name", "named"),
                   snapshot(4, "", "", 0), thrown, ofTrash});

        QCOMPARE(page.titles(), (QStringList{"pinned", "Snapshot 4", "named"})); // pinned, then the newest
        page.workspace.setView(SnapshotFilter::View::Every);
        QCOMPARE(page.titles(), (QStringList{"pinned", "Snapshot 4", "named", "a turn"}));
        page.workspace.setView(SnapshotFilter::View::Trash);
        QCOMPARE(page.titles(), QStringList{"thrown away"});
    }

    void searchLooksAtEverythingThatIsSaid()
    {
        Page page({snapshot(1, "Quack, said the duck", "one"), snapshot(2, "Moo", "two")});
        auto *field = page.workspace.findChild<QLineEdit *>("snapshots.search");
        field->setText("duck QUACK");
        QCOMPARE(page.titles(), QStringList{"one"});
        field->setText("goose"); // the model's name
        QCOMPARE(page.titles().size(), 2);
        field->setText("nowhere");
        QVERIFY(page.titles().isEmpty());
        QVERIFY(page.texts().contains("Nothing found."));
    }

    void listKeepsTheRulesOfModels()
    {
        SnapshotListModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSnapshots({snapshot(1, "a"), snapshot(2, "b")});
        model.change(snapshot(2, "c"));
        model.change(snapshot(3, "d"));
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.indexOf(2).data().toString(), "c");
        model.remove(1);
        model.remove(99);
        QCOMPARE(model.rowCount(), 2);
    }

    void picturesAreAskedForOnceAndShown()
    {
        Page page({snapshot(1, "", "one", 0)});
        QVERIFY(QTest::qWaitForWindowExposed(&page.workspace));
        QTRY_COMPARE(page.engine.count<command::DrawSnapshot>(), 1);
        StatePicture picture{.layers = 2, .heads = 1, .cellsPerHead = 1, .cells = {0, 4}};

        page.engine.send(page.engine.lastRequest(),
                         event::SnapshotDrawn{1, std::make_shared<const StatePicture>(picture)});
        page.engine.settle();

        const auto shown =
            page.list()->model()->index(0, 0).data(TwoLineDelegate::PictureRole).value<QImage>();
        QCOMPARE(shown.size(), QSize(2, 1));
        QCOMPARE(shown.pixel(0, 0), ColourScale::sequential().at(0));
        page.list()->viewport()->repaint();
        QCOMPARE(page.engine.count<command::DrawSnapshot>(), 1);
    }

    void selectedSnapshotCanBeGoneOnFromWithItsModelOnly()
    {
        Page page({snapshot(3, "a turn", "named")});
        QSignalSpy started(&page.workspace, &SnapshotsWorkspace::conversationStarted);
        page.workspace.select({3});
        QVERIFY(!page.action("snapshots.start")->isEnabled()); // no model
        page.engine.send(0, event::ModelOpened{openModel("other"), 0.1});
        page.engine.settle();
        QVERIFY(!page.action("snapshots.start")->isEnabled());
        QVERIFY(page.texts().contains("Only “Goose” can go on from here"));
        page.engine.send(0, event::ModelOpened{openModel(), 0.1});
        page.engine.settle();
        QVERIFY(page.action("snapshots.start")->isEnabled());

        page.action("snapshots.start")->trigger();

        QVERIFY(page.engine.last<command::StartFromSnapshot>());
        QCOMPARE(page.engine.last<command::StartFromSnapshot>()->snapshot, 3);
        Conversation conversation;
        conversation.id = 42;
        page.engine.send(page.engine.lastRequest(),
                         event::ConversationOpened{conversation, std::make_shared<std::vector<Turn>>()});
        page.engine.settle();
        QCOMPARE(started.count(), 1);
        QCOMPARE(started[0][0].value<ConversationId>(), 42);
    }

    void nameAndPinGoToTheEngine()
    {
        Page page({snapshot(3, "a turn", "named")});
        page.workspace.select({3});
        page.action("snapshots.pin")->trigger();
        QVERIFY(page.engine.last<command::PinSnapshot>()->pinned);
        page.action("snapshots.rename")->trigger();
        auto *dialog = page.workspace.findChild<QInputDialog *>();
        QVERIFY(dialog);
        QCOMPARE(dialog->textValue(), "named");
        dialog->setTextValue("  a new   name ");
        dialog->accept();
        QCOMPARE(page.engine.last<command::NameSnapshot>()->name, std::string("a new name"));

        SnapshotSummary changed = snapshot(3, "a turn", "a new name");
        changed.pinned = true;
        page.engine.send(page.engine.lastRequest(), event::SnapshotChanged{changed});
        page.engine.settle();
        QCOMPARE(page.titles(), QStringList{"a new name"});
        QVERIFY(page.action("snapshots.pin")->isChecked());
    }

    void throwingAwayCanBeUndone()
    {
        Page page({snapshot(3, "", "mine", 0), snapshot(4, "a turn", "of a turn")});
        page.workspace.select({4});
        QVERIFY(!page.action("snapshots.delete")->isEnabled());
        page.workspace.select({3});
        page.action("snapshots.delete")->trigger();
        QVERIFY(page.engine.last<command::DisposeSnapshot>()->disposal == command::Disposal::Trash);
        page.changed = {snapshot(4, "a turn", "of a turn")};
        page.engine.send(page.engine.lastRequest(), event::SnapshotDisposed{3, command::Disposal::Trash});
        page.engine.settle();
        page.engine.settle(); // the list was asked for anew
        QCOMPARE(page.titles(), QStringList{"of a turn"});
        auto *undo = page.workspace.findChild<UndoBar *>();
        QVERIFY(undo->isVisible());
        undo->findChild<QPushButton *>()->click();
        QCOMPARE(page.engine.last<command::DisposeSnapshot>()->snapshot, 3);
        QVERIFY(page.engine.last<command::DisposeSnapshot>()->disposal == command::Disposal::Restore);
    }

    void twoAreComparedOldestFirst()
    {
        Page page({snapshot(3, "", "first", 0), snapshot(9, "", "second", 0)});
        page.workspace.select({9, 3});
        const auto *asked = page.engine.last<command::CompareSnapshots>();
        QVERIFY(asked);
        QCOMPARE(asked->first, 3);
        QCOMPARE(asked->second, 9);
        QVERIFY(page.texts().contains("first → second"));
        auto diff = std::make_shared<StateDiff>();
        diff->tokensA = 10;
        diff->tokensB = 12;
        diff->commonTokens = 8;
        for (int layer = 0; layer < 3; ++layer) {
            TensorDiff tensor;
            tensor.spec.name = "blocks." + std::to_string(layer) + ".att.wkv";
            tensor.spec.layer = layer;
            tensor.whole = {.normA = 2, .normB = 2, .distance = 1, .cosine = 0.5, .largest = 1};
            tensor.heads = {{tensor.whole, 3.5}, {{}, 0}};
            diff->tensors.push_back(tensor);
        }

        page.engine.send(page.engine.lastRequest(), event::SnapshotsCompared{3, 9, diff});
        page.engine.settle();

        QVERIFY(page.texts().contains("first 8 tokens"));
        QVERIFY(page.texts().contains("50.0 %"));
        auto *table = page.workspace.findChild<QTableView *>("snapshots.diffTable");
        QCOMPARE(table->model()->rowCount(), 6);
        QCOMPARE(table->model()->index(0, DiffTable::Relative).data().toString(), "50.0 %");
        QCOMPARE(table->model()->index(0, DiffTable::Rank).data().toString(), "3.5");
        auto *grid = page.workspace.findChild<HeatGrid *>("snapshots.diffGrid");
        QVERIFY(grid->isVisible());
        grid->setFocus();
        QTest::keyClick(grid, Qt::Key_Right);
        QTest::keyClick(grid, Qt::Key_Down);
        QCOMPARE(grid->accessibleDescription(), "Layer 1, head 1: 0.0 % changed");
        QCOMPARE(table->currentIndex().row(), 3); // of layer 1, head 1
    }

    void whatCannotBeComparedIsSaid()
    {
        Page page({snapshot(3, "", "first", 0), snapshot(9, "", "second", 0)});
        page.workspace.select({9, 3});
        page.engine.send(page.engine.lastRequest(),
                         event::CommandFailed{"Comparing the snapshots",
                                              {ErrorCode::Mismatch, "They belong to different models.", ""}});
        page.engine.settle();
        auto *error = page.workspace.findChild<ErrorCard *>("snapshots.error");
        QVERIFY(error->isVisible());
        QVERIFY(error->report().contains("different models"));
    }

    void importedSnapshotIsShown()
    {
        Page page({snapshot(3, "", "first", 0)});
        page.workspace.setView(SnapshotFilter::View::Trash);
        page.workspace.importFile("/tmp/shared.volary");
        QCOMPARE(page.engine.last<command::ImportSnapshot>()->path,
                 std::filesystem::path("/tmp/shared.volary"));
        page.engine.send(page.engine.lastRequest(), event::SnapshotImported{snapshot(10, "", "shared", 0)});
        page.engine.settle();
        QCOMPARE(page.titles(), (QStringList{"shared", "first"}));
        QVERIFY(page.texts().contains("1,000 tokens"));
    }

    void coloursGrowLighterEvenly()
    {
        const ColourScale &scale = ColourScale::sequential();
        const auto lightness = [&](double value) {
            const QColor colour(scale.at(value));
            return 0.2126 * colour.redF() + 0.7152 * colour.greenF() + 0.0722 * colour.blueF();
        };
        for (int step = 1; step <= 50; ++step)
            QVERIFY(lightness(step / 50.0) > lightness((step - 1) / 50.0));
        QCOMPARE(scale.at(-1), scale.at(0));
        QCOMPARE(scale.at(7), scale.at(1));
        QCOMPARE(scale.at(std::numeric_limits<double>::quiet_NaN()), qRgb(128, 128, 128));
    }

    void smallerFormIsChosenAfterItsErrorWasShown()
    {
        Page page({snapshot(3, "Three ducks")});
        page.workspace.setView(SnapshotFilter::View::Every);
        page.workspace.select({3});
        page.engine.settle();
        QVERIFY2(page.texts().contains("exact"), qPrintable(page.texts()));
        page.action("snapshots.shrink")->trigger();
        const QPointer dialog = page.workspace.findChild<FormsDialog *>();
        QVERIFY(dialog);
        QCOMPARE(page.engine.last<command::MeasureForms>()->snapshot, SnapshotId(3));
        const Error tooLarge{ErrorCode::Unsupported, "Its numbers are too large.", ""};
        page.engine.send(page.engine.lastRequest(),
                         event::FormsMeasured{3,
                                              {{StateForm::Exact, 1024, {}, {}},
                                               {StateForm::Half, 0, {}, tooLarge},
                                               {StateForm::Int8, 300, {StateForm::Int8, 0.012, 0.03}, {}}}});
        page.engine.settle();
        const auto choices = dialog->findChildren<QRadioButton *>();
        QCOMPARE(choices.size(), 3);
        QVERIFY(choices[0]->isChecked() && !choices[1]->isEnabled());
        QVERIFY2(choices[2]->text().contains("1.2") && choices[2]->text().contains("300 bytes"),
                 qPrintable(choices[2]->text()));
        auto *store = dialog->findChild<QPushButton *>("forms.store");
        QVERIFY(!store->isEnabled()); // nothing happens by accident
        choices[2]->click();
        QVERIFY(store->isEnabled());
        QCOMPARE(page.engine.count<command::RoundSnapshot>(), 0);

        store->click();

        const auto *round = page.engine.last<command::RoundSnapshot>();
        QVERIFY(round && round->snapshot == 3 && round->form == StateForm::Int8);
        SnapshotSummary after = snapshot(3, "Three ducks");
        after.form = StateForm::Int8;
        after.formError = 0.012;
        page.engine.send(page.engine.lastRequest(), event::SnapshotChanged{after});
        page.engine.settle();
        QVERIFY(!dialog || !dialog->isVisible());
        QVERIFY2(page.texts().contains("small int8, error 1.2"), qPrintable(page.texts()));
        QVERIFY(!page.action("snapshots.shrink")->isEnabled());
    }

    void stateThatCannotBeStoredSmallerStays()
    {
        Page page({snapshot(3, "Three ducks")});
        page.workspace.setView(SnapshotFilter::View::Every);
        page.workspace.select({3});
        page.action("snapshots.shrink")->trigger();
        auto *dialog = page.workspace.findChild<FormsDialog *>();
        page.engine.send(
            page.engine.lastRequest(),
            event::CommandFailed{"Measuring the forms", Error{ErrorCode::Corrupt, "It is damaged.", ""}});
        page.engine.settle();
        QVERIFY(dialog->findChild<ErrorCard *>()->isVisible());
        QVERIFY(!dialog->findChild<QPushButton *>("forms.store")->isEnabled());
    }
};

QTEST_MAIN(TestSnapshots)
#include "tst_snapshots.moc"
