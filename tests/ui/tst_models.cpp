// The Models workspace: known models, loading, failing, details.
#include "fake_engine.h"
#include "ui/models/adapter_list.h"
#include "ui/models/cost_table.h"
#include "ui/models/half_life_view.h"
#include "ui/models/known_models.h"
#include "ui/models/model_list.h"
#include "ui/models/models_workspace.h"
#include "ui/models/options_dialog.h"
#include "ui/models/state_table.h"
#include "ui/models/tensor_table.h"
#include "ui/widgets/band_plot.h"
#include "ui/widgets/error_card.h"
#include "ui/widgets/two_line_delegate.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <cmath>

using namespace volary;
using namespace volary::ui;

namespace {

Error damaged()
{
    return {ErrorCode::Corrupt, "The file ends 1.2 GiB early.", "Download it again."};
}

struct Page {
    FakeEngine engine;
    ThemeManager themes;
    QTemporaryDir folder;
    KnownModels known{folder.filePath("models.json"), {}};
    ModelsWorkspace workspace{engine.bridge(), themes, known};
};

} // namespace

class TestModels : public QObject {
    Q_OBJECT

private slots:
    void tablesKeepTheRulesOfModels()
    {
        TensorTable tensors;
        StateTable state;
        const QAbstractItemModelTester testTensors(&tensors,
                                                   QAbstractItemModelTester::FailureReportingMode::QtTest);
        const QAbstractItemModelTester testState(&state,
                                                 QAbstractItemModelTester::FailureReportingMode::QtTest);

        tensors.setModel(sampleModel());
        state.setModel(sampleModel());
        QCOMPARE(tensors.rowCount(), 6);
        QCOMPARE(state.rowCount(), 4);
        tensors.setModel(nullptr);
        state.setModel(nullptr);
        QCOMPARE(tensors.rowCount(), 0);
    }

    void tensorTableShowsNamesShapesAndSizes()
    {
        TensorTable table;
        table.setModel(sampleModel());

        const auto cell = [&table](int column) { return table.index(0, column).data(); };
        QCOMPARE(cell(TensorTable::Name).toString(), "emb.weight");
        QCOMPARE(cell(TensorTable::Type).toString(), "f16");
        QCOMPARE(cell(TensorTable::Extents).toString(), "[1000, 128]");
        QCOMPARE(table.index(0, TensorTable::Bytes).data(Qt::EditRole).toLongLong(), 256'000);
    }

    void recentModelsComeBackNewestFirst()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("models.json");
        {
            KnownModels known(file, {});
            known.remember("/models/a.pth", "A");
            known.remember("/models/b.pth", {});
            known.remember("/models/a.pth", "A");
        }

        const auto models = KnownModels(file, {}).all();

        QCOMPARE(models.size(), std::size_t(2));
        QCOMPARE(models[0].name, "A");
        QCOMPARE(models[1].name, "b");
        QVERIFY(!models[0].problem.isEmpty()); // there is no such file
    }

    void bundledModelsStandFirstAndAreNotListedTwice()
    {
        const QTemporaryDir folder;
        const QString bundled = folder.filePath("goose-tiny");
        QVERIFY(QDir().mkpath(bundled));
        QFile config(bundled + "/config.json");
        QVERIFY(config.open(QIODevice::WriteOnly));
        config.write(R"({"state": {"bytes": 2048, "bytes_per_token": 68}})");
        config.close();
        KnownModels known(folder.filePath("models.json"), {bundled.toStdString()});

        known.remember((bundled + "/model.safetensors").toStdString(), "Goose");

        const auto models = known.all();
        QCOMPARE(models.size(), std::size_t(1));
        QVERIFY(models[0].bundled);
        QCOMPARE(models[0].name, "goose-tiny");
        QCOMPARE(models[0].cost->text(), "2.0 KiB and 68 bytes per token");
        QVERIFY(models[0].problem.isEmpty());
    }

    void whatAConversationCostsIsRememberedWithTheModel()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("models.json");
        {
            KnownModels known(file, {});
            known.remember("/nowhere/a.pth", "A", ConversationCost{1024, 0});
        }
        const auto models = KnownModels(file, {}).all();
        QCOMPARE(models.size(), std::size_t(1));
        QCOMPARE(models[0].cost->text(), "1.0 KiB, never more");
    }

    // A model with an adapter is another model to the user, and must come back as it was.
    void optionsAreRememberedWithTheModel()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("models.json"), bundled = folder.filePath("goose-tiny");
        QVERIFY(QDir().mkpath(bundled));
        ModelOptions options;
        options.adapters.push_back({.path = "/a/poems.pth", .strength = 0.5, .alpha = {}, .pissaInit = {}});
        {
            KnownModels known(file, {bundled.toStdString()});
            known.remember(bundled.toStdString(), "goose-tiny");
            known.remember(bundled.toStdString(), "goose-tiny", ConversationCost{1024, 0}, options);
        }

        KnownModels known(file, {bundled.toStdString()});
        const ThemeManager themes;
        ModelList list(known, themes);

        QCOMPARE(list.rowCount(), 2);
        const QModelIndex row = list.find(bundled.toStdString(), options);
        QVERIFY(row.isValid());
        QCOMPARE(row.data().toString(), "goose-tiny + poems × 0.5");
        QVERIFY(list.at(row)->options == options);
        list.setOpen(bundled.toStdString(), options);
        QCOMPARE(row.data(TwoLineDelegate::TrailingRole).toString(), "open");
        QVERIFY(list.find(bundled.toStdString()).data(TwoLineDelegate::TrailingRole).toString().isEmpty());
        known.forget(bundled.toStdString(), options);
        QCOMPARE(known.all().size(), std::size_t(1));
    }

    void modelsStandSideBySideWithWhatTheyCost()
    {
        KnownModels known({}, {});
        CostTable table(known);
        const QAbstractItemModelTester tester(&table, QAbstractItemModelTester::FailureReportingMode::QtTest);
        known.remember("/a.pth", "Fixed", ConversationCost{2048, 0});
        known.remember("/b.pth", "Growing", ConversationCost{1024, 100});
        known.remember("/c.pth", "Unknown");

        QCOMPARE(table.rowCount(), 2);
        const auto cell = [&](int row, int column) { return table.index(row, column).data().toString(); };
        QCOMPARE(cell(0, CostTable::Name), "Growing");
        QCOMPARE(cell(0, CostTable::PerToken), "100 bytes");
        QCOMPARE(cell(0, CostTable::AfterPage), "98.7 KiB"); // 1,024 + 1,000 x 100
        QCOMPARE(table.index(0, CostTable::AfterBook).data(Qt::EditRole).toLongLong(), 10'001'024);
        QCOMPARE(cell(1, CostTable::PerToken), "nothing");
        QCOMPARE(cell(1, CostTable::AfterBook), "2.0 KiB");
    }

    void theDialogAsksForEverythingAModelIsOpenedWith()
    {
        Page page;
        page.engine.send(0, event::ModelOpened{sampleModel(), 0.5});
        page.engine.settle();
        page.workspace.findChild<QAction *>("models.openWithOptions")->trigger();
        auto *dialog = page.workspace.findChild<OptionsDialog *>();
        QVERIFY(dialog);
        QCOMPARE(dialog->model(), std::filesystem::path("/models/sample-goose/model.safetensors"));
        auto *type = dialog->findChild<QComboBox *>("options.type");
        type->setCurrentIndex(type->findText("q8_0"));
        auto *adapters = dialog->findChild<AdapterList *>();
        adapters->add({.path = "/a/poems.pth", .strength = 0.5, .alpha = 32, .pissaInit = {}});
        adapters->add({.path = "/a/more.pth", .alpha = {}, .pissaInit = {}});
        const auto lines = dialog->findChildren<QLineEdit *>();
        const auto state = std::ranges::find(lines, "Tuned state", &QWidget::accessibleName);
        QVERIFY(state != lines.end());
        (*state)->setText("/a/pirate.pth");
        const auto buttons = adapters->findChildren<QToolButton *>();
        const auto remove = std::ranges::find(buttons, "Remove more.pth", &QWidget::accessibleName);
        QVERIFY(remove != buttons.end());
        (*remove)->click();

        dialog->accept();

        const auto *open = page.engine.last<command::OpenModel>();
        QVERIFY(open);
        ModelOptions expected{.weightType = DType::Q8_0, .adapters = {}, .initialState = "/a/pirate.pth"};
        expected.adapters.push_back({.path = "/a/poems.pth", .strength = 0.5, .alpha = 32, .pissaInit = {}});
        QVERIFY(open->options == expected);
        auto opened = std::make_shared<ModelDescription>(*sampleModel());
        opened->options = expected;
        page.engine.send(page.engine.lastRequest(), event::ModelOpened{opened, 0.5});
        page.engine.settle();
        bool says = false;
        for (const QLabel *label : page.workspace.findChildren<QLabel *>())
            says = says || label->text() == "poems × 0.5, pirate, q8_0";
        QVERIFY(says);
        QVERIFY(page.known.all().front().options == expected);
    }

    void missingModelsAreDisabledAndSayWhy()
    {
        Page page;
        page.known.remember("/nowhere/lost.pth", "Lost");
        ModelList list(page.known, page.themes);
        const QAbstractItemModelTester tester(&list, QAbstractItemModelTester::FailureReportingMode::QtTest);

        const QModelIndex row = list.find("/nowhere/lost.pth");

        QVERIFY(row.isValid());
        QVERIFY(!list.flags(row).testFlag(Qt::ItemIsEnabled));
        QVERIFY(row.data(Qt::AccessibleTextRole).toString().contains("No longer"));
    }

    void openingShowsProgressAndCanBeStopped()
    {
        Page page;
        page.workspace.setChoice({"cpu", 3});
        QSignalSpy progress(&page.workspace, &ModelsWorkspace::loadingProgress);

        page.workspace.open("/models/goose.pth");
        const RequestId request = page.engine.lastRequest();
        QCOMPARE(page.engine.last<command::OpenModel>()->backend, std::string("cpu"));
        QCOMPARE(page.engine.last<command::OpenModel>()->threads, 3);
        page.engine.send(request, event::ModelProgress{"/models/goose.pth", 0.25, "Reading weights"});
        page.engine.settle();
        QCOMPARE(progress.count(), 1);

        page.workspace.findChild<QAction *>("models.cancel")->trigger();
        QCOMPARE(page.engine.cancelled, std::vector<RequestId>{request});
        page.engine.send(request,
                         event::ModelFailed{"/models/goose.pth", {ErrorCode::Cancelled, "Cancelled", ""}});
        page.engine.settle();
        QVERIFY(!page.workspace.isLoading());
        QVERIFY(page.workspace.findChild<ErrorCard *>("models.error")->isHidden());
    }

    void openedModelShowsItsDetails()
    {
        Page page;
        page.workspace.open("/models/sample-goose/model.safetensors");

        page.engine.send(page.engine.lastRequest(), event::ModelOpened{sampleModel(), 0.5});
        page.engine.settle();

        auto *table = page.workspace.findChild<QTableView *>("models.tensors");
        QCOMPARE(table->model()->rowCount(), 6);
        QTest::keyClicks(page.workspace.findChild<QLineEdit *>("models.tensorFilter"), "FFN");
        QCOMPARE(table->model()->rowCount(), 2);
        QVERIFY(page.workspace.findChild<QAction *>("models.close")->isEnabled());
        QCOMPARE(page.known.all().front().path,
                 std::filesystem::path("/models/sample-goose/model.safetensors"));
    }

    void halfLivesAreShownWhereThereAreAny()
    {
        Page page;
        const auto isOffered = [&page](const std::shared_ptr<const ModelDescription> &model) {
            page.engine.send(0, event::ModelOpened{model, 0.5});
            page.engine.settle();
            const auto *tabs = page.workspace.findChild<QTabWidget *>();
            return tabs->isTabVisible(tabs->indexOf(page.workspace.findChild<HalfLifeView *>()));
        };
        auto recurrent = std::make_shared<ModelDescription>(*sampleModel());
        recurrent->halfLives = {{.layer = 0, .shortest = {1}, .typical = {2}, .longest = {4}}};

        QVERIFY(!isOffered(sampleModel()));
        QVERIFY(isOffered(recurrent));
        QVERIFY(!isOffered(sampleModel()));
    }

    // Drawn by length, told by the number that the channel has in the model.
    void halfLivesAreToldByLayerAndChannel()
    {
        ThemeManager themes;
        HalfLifeView view(themes);
        view.setLayers(
            {{.layer = 0, .shortest = {30, 1, NAN}, .typical = {60, 2, NAN}, .longest = {90, 4, NAN}},
             {.layer = 3, .shortest = {7, INFINITY}, .typical = {7, INFINITY}, .longest = {7, INFINITY}}});
        auto *plot = view.findChild<BandPlot *>("models.halfLives");
        const auto said = [&view] { return view.findChild<QLabel *>("models.halfLifeCurrent")->text(); };
        const auto go = [plot](Qt::Key key) { QTest::keyClick(plot, key); };

        QCOMPARE(said(), "Layer 0, channel 1: half-life 2.0 tokens, with any text between 1.0 and 4.0");
        go(Qt::Key_Right);
        QCOMPARE(said(), "Layer 0, channel 0: half-life 60.0 tokens, with any text between 30.0 and 90.0");
        QCOMPARE(plot->accessibleDescription(), said());
        go(Qt::Key_Right);
        QVERIFY(said().startsWith("Layer 0, channel 2: half-life no number"));
        go(Qt::Key_Right);
        QCOMPARE(said(), "Layer 3, channel 0: half-life 7.0 tokens");
        go(Qt::Key_End);
        QCOMPARE(said(), "Layer 3, channel 1: half-life more than a million tokens");
        go(Qt::Key_PageUp);
        QCOMPARE(said(), "Layer 0, channel 0: half-life 60.0 tokens, with any text between 30.0 and 90.0");
        go(Qt::Key_Home);
        go(Qt::Key_Left); // nothing is left of the first one
        QVERIFY(said().startsWith("Layer 0, channel 1:"));
        QVERIFY(view.findChild<QLabel *>("models.halfLifeSentence")->text().contains("is 60.0 tokens"));

        view.setLayers({});
        QVERIFY(said().isEmpty());
        go(Qt::Key_Right);
    }

    void halfLivesAreCopiedAsTheyAre()
    {
        QCOMPARE(HalfLifeView::asCsv(
                     {{.layer = 3, .shortest = {0.5, 7}, .typical = {1.25, 7}, .longest = {INFINITY, 7}}}),
                 "layer,channel,shortest,typical,longest\n3,0,0.5,1.25,inf\n3,1,7,7,7\n");
    }

    // The higher a point lies, the larger its number; the band is drawn around it.
    void bandPlotDrawsWhatItHolds()
    {
        ThemeManager themes;
        BandPlot plot(themes, "Tokens", "Layers");
        plot.resize(400, 300);
        plot.setSections({{"0", {1, 1}, {1, 1}, {1, 1}}, {"1", {1, 1}, {10, 10}, {100, 100}}});
        plot.setCurrent(0, 0);
        const QImage image = plot.grab().toImage();
        const QColor accent = themes.theme().accent;
        const auto distance = [](const QColor &a, const QColor &b) {
            return std::abs(a.red() - b.red()) + std::abs(a.green() - b.green()) +
                   std::abs(a.blue() - b.blue());
        };
        const QColor ground = image.pixelColor(398, 298);
        const auto marks =
            [&](int x) { // rows nearer to the line's colour than to the ground, unlike the band
                std::vector<int> rows;
                for (int y = 0; y < image.height(); ++y) {
                    const QColor colour = image.pixelColor(x, y);
                    if (distance(colour, accent) < distance(colour, ground))
                        rows.push_back(y);
                }
                return rows;
            };
        const auto low = marks(150), high = marks(300);
        QVERIFY(!low.empty() && !high.empty());
        QVERIFY(high.front() < low.front() - 100); // a decade of one
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        QTest::mouseMove(&plot, QPoint(390, 150));
        QCOMPARE(plot.section(), 1);
        QCOMPARE(plot.point(), 1);
    }

    // "Nothing is kept per token" would be untrue for a model with a cache.
    void modelsThatKeepRowsSayWhatATokenCosts()
    {
        const auto textsAfterOpening = [](const std::shared_ptr<const ModelDescription> &model) {
            Page page;
            page.workspace.open("/models/sample/model.safetensors");
            page.engine.send(page.engine.lastRequest(), event::ModelOpened{model, 0.5});
            page.engine.settle();
            QStringList texts;
            for (const QLabel *label : page.workspace.findChildren<QLabel *>())
                texts += label->text();
            return texts.join('\n');
        };
        auto hybrid = std::make_shared<ModelDescription>(*sampleModel());
        hybrid->state.push_back({"cache.latents", DType::F32, Shape{0, 8}, StateGrowth::OneRowPerToken,
                                 StateRole::KeyLatents, -1, "token,channel"});

        QVERIFY(textsAfterOpening(sampleModel()).contains("nothing is kept per token"));
        QVERIFY(!textsAfterOpening(hybrid).contains("nothing is kept per token"));
        QVERIFY(textsAfterOpening(hybrid).contains("32 bytes"));
        QVERIFY(textsAfterOpening(hybrid).contains("32 times as much")); // 2 layers x 4 x 128 bytes over 32
    }

    void failureSaysWhatHappenedAndWhatStays()
    {
        Page page;
        page.engine.send(0, event::ModelOpened{sampleModel(), 0.5});
        page.workspace.open("/models/broken.safetensors");

        page.engine.send(page.engine.lastRequest(),
                         event::ModelFailed{"/models/broken.safetensors", damaged()});
        page.engine.settle();

        auto *card = page.workspace.findChild<ErrorCard *>("models.error");
        QVERIFY(!card->isHidden());
        QVERIFY(card->report().contains("broken.safetensors could not be opened"));
        QVERIFY(card->report().contains("ends 1.2 GiB early"));
        QVERIFY(card->report().contains("Download it again."));
        bool saysWhatStays = false;
        for (const QLabel *label : card->findChildren<QLabel *>())
            saysWhatStays = saysWhatStays || label->text().contains("stays open");
        QVERIFY(saysWhatStays);
        QVERIFY(page.engine.bridge().model());
    }

    void newerModelReplacesOneThatIsStillLoading()
    {
        Page page;
        page.workspace.open("/models/first.pth");
        const RequestId first = page.engine.lastRequest();
        page.workspace.open("/models/second.pth");

        page.engine.send(first,
                         event::ModelFailed{"/models/first.pth", {ErrorCode::Cancelled, "Cancelled", ""}});
        page.engine.settle();

        QCOMPARE(page.engine.cancelled, std::vector<RequestId>{first});
        QVERIFY(page.workspace.isLoading());
    }
};

QTEST_MAIN(TestModels)
#include "tst_models.moc"
