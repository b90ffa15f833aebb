// The Inspector workspace: what it asks the engine for, and that it shows the numbers of the state.
#include "fake_engine.h"
#include "tests/store/samples.h"
#include "ui/inspector/attention_lens.h"
#include "ui/inspector/head_panel.h"
#include "ui/inspector/inspector_workspace.h"
#include "ui/inspector/matrix_image.h"
#include "ui/inspector/state_wall.h"
#include "ui/widgets/bar_plot.h"
#include "ui/widgets/colour_scale.h"

#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSlider>
#include <QTabWidget>
#include <QTableView>
#include <QTest>

#include <bit>
#include <cstring>

using namespace volary;
using namespace volary::ui;

namespace {

// Two layers of two heads of 8 with every number known: 100 layer + 10 head + row + column / 8.
SnapshotImage knownState(float sign = 1)
{
    SnapshotImage made = test::image(1);
    for (TensorImage &tensor : made.state) {
        if (tensor.spec.role != StateRole::Wkv)
            continue;
        std::vector<float> numbers;
        for (int head = 0; head < 2; ++head) {
            for (int i = 0; i < 64; ++i)
                numbers.push_back(sign * (100.0f * float(tensor.spec.layer) + 10.0f * float(head) +
                                          float(i / 8) + float(i % 8) / 8));
        }
        const auto bytes = std::as_bytes(std::span(numbers));
        tensor.bytes = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
    }
    return made;
}

// Of a byte-level model: "a\nb" with two layers of two heads.
AttentionPicture knownAttention()
{
    AttentionPicture picture;
    picture.tokens = {'a', '\n', 'b'};
    picture.layers = {{.layer = 4, .heads = 2, .weights = {0.5f, 0.25f, 0.25f, 0, 0.5f, 0.5f}},
                      {.layer = 5, .heads = 2, .weights = {1, 0, 0, 0, 0, 1}}};
    picture.latents = {1, -2, 3, -4};
    picture.latentWidth = 2;
    picture.savedBytesPerToken = 12;
    picture.derivedBytesPerToken = 64;
    picture.derivedKept = 3;
    picture.ordinaryBytesPerToken = 120;
    return picture;
}

std::shared_ptr<const ModelDescription> byteModel(bool withAttention)
{
    auto model = std::make_shared<ModelDescription>();
    model->vocabulary = byteTokenizer();
    if (withAttention)
        model->state.push_back({.name = "blocks.4.att.keys",
                                .type = DType::F32,
                                .shape = {0, 8},
                                .growth = StateGrowth::OneRowPerToken,
                                .role = StateRole::Keys});
    return model;
}

struct Page {
    Page()
    {
        workspace.resize(1000, 700);
        workspace.setPath(5, "Ducks", {{11, "You: Hello", 3}, {12, "Reply: Quack", 9}});
    }
    void inspected(SnapshotId id, const SnapshotImage &image)
    {
        engine.send(engine.lastRequest(),
                    event::SnapshotInspected{id, std::make_shared<const SnapshotImage>(image)});
        engine.settle();
    }
    QString label() const { return workspace.findChild<QLabel *>("inspector.label")->text(); }
    StateWall *wall() const { return workspace.findChild<StateWall *>("inspector.wall"); }

    FakeEngine engine;
    ThemeManager themes;
    InspectorWorkspace workspace{engine.bridge(), themes};
};

} // namespace

class TestInspector : public QObject {
    Q_OBJECT

private slots:
    void nothingIsAskedForWhileNobodyLooks()
    {
        Page page;
        QCOMPARE(page.engine.commands.size(), std::size_t(0));
        page.workspace.show();
        QVERIFY(page.engine.last<command::WatchState>()->on);
        QCOMPARE(page.engine.last<command::InspectSnapshot>()->snapshot, 12); // the newest turn
        page.workspace.hide();
        QVERIFY(!page.engine.last<command::WatchState>()->on);
    }

    void sliderGoesThroughTheTurns()
    {
        Page page;
        page.workspace.show();
        page.inspected(12, knownState());
        QVERIFY(page.label().startsWith("Reply: Quack"));
        auto *slider = page.workspace.findChild<QSlider *>("inspector.slider");
        slider->setValue(0);
        QCOMPARE(page.engine.last<command::InspectSnapshot>()->snapshot, 11);
        page.inspected(11, knownState());
        QVERIFY(page.label().startsWith("You: Hello"));
        const auto asked = page.engine.count<command::InspectSnapshot>();
        slider->setValue(1); // seen before: at once
        QVERIFY(page.label().startsWith("Reply: Quack"));
        QCOMPARE(page.engine.count<command::InspectSnapshot>(), asked);
    }

    void numbersAreThoseOfTheState()
    {
        Page page;
        page.workspace.show();
        const SnapshotImage state = knownState();
        page.inspected(12, state);
        StateWall *wall = page.wall();
        QVERIFY(wall->current());
        QCOMPARE(wall->current()->layer, 0);
        wall->setFocus();
        QTest::keyClick(wall, Qt::Key_Right);
        QTest::keyClick(wall, Qt::Key_Down);
        const HeadMatrix *head = wall->current();
        QCOMPARE(head->layer, 1);
        QCOMPARE(head->head, 1);
        QVERIFY(std::memcmp(head->numbers.data(), state.state[4].bytes->data() + 64 * sizeof(float),
                            64 * sizeof(float)) == 0);
        QVERIFY(wall->accessibleDescription().contains("Layer 1, head 1"));
        QStringList texts;
        for (const QLabel *label : page.workspace.findChildren<QLabel *>())
            texts += label->text();
        QVERIFY(texts.contains("Layer 1, head 1"));
    }

    void attentionIsAskedForWhereAModelHasIt()
    {
        Page page;
        page.workspace.show();
        auto *tabs = page.workspace.findChild<QTabWidget *>("inspector.tabs");
        page.engine.send(0, event::ModelOpened{byteModel(false), 0});
        page.engine.settle();
        QVERIFY(!tabs->isTabVisible(1));
        page.engine.send(0, event::ModelOpened{byteModel(true), 0});
        page.engine.settle();
        QVERIFY(tabs->isTabVisible(1));
        QCOMPARE(page.engine.count<command::ShowAttention>(), 0);
        tabs->setCurrentIndex(1);
        QCOMPARE(page.engine.last<command::ShowAttention>()->snapshot, 12);
        page.workspace.hide();
        QCOMPARE(page.engine.cancelled.size(), std::size_t(1));
    }

    void attentionIsShownAsTextTableAndCsv()
    {
        FakeEngine engine;
        ThemeManager themes;
        AttentionLens lens(engine.bridge(), themes);
        engine.send(0, event::ModelOpened{byteModel(true), 0});
        engine.settle();
        lens.showSnapshot(12);
        engine.send(engine.lastRequest(),
                    event::AttentionShown{12, std::make_shared<const AttentionPicture>(knownAttention())});
        engine.settle();

        QCOMPARE(lens.findChild<QPlainTextEdit *>("attention.text")->toPlainText(), "a\nb");
        QCOMPARE(lens.asCsv(), "position,token,weight\n0,\"a\",0.375\n1,\"\n\",0.1875\n2,\"b\",0.4375\n");
        const auto *table = lens.findChild<QTableView *>("attention.table")->model();
        QCOMPARE(table->rowCount(), 3);
        QCOMPARE(table->index(0, 0).data(Qt::UserRole).toInt(), 2); // the strongest first
        QVERIFY(lens.findChild<QLabel *>("attention.costs")->text().contains("12 bytes"));
        lens.findChild<QComboBox *>("attention.layer")->setCurrentIndex(1);
        lens.findChild<QComboBox *>("attention.head")->setCurrentIndex(2);
        QCOMPARE(lens.asCsv(), "position,token,weight\n0,\"a\",0\n1,\"\n\",0.5\n2,\"b\",0.5\n");
        auto *text = lens.findChild<QPlainTextEdit *>("attention.text");
        text->moveCursor(QTextCursor::Start);
        QVERIFY(lens.findChild<QLabel *>("attention.number")->text().startsWith("Token 0"));
    }

    void aFailedLookSaysWhyAndCanBeRepeated()
    {
        FakeEngine engine;
        ThemeManager themes;
        AttentionLens lens(engine.bridge(), themes);
        engine.send(0, event::ModelOpened{byteModel(true), 0});
        lens.showSnapshot(11);
        engine.send(engine.lastRequest(),
                    event::AttentionShown{11, std::make_shared<const AttentionPicture>(knownAttention())});
        engine.settle();
        QCOMPARE(lens.findChild<QPlainTextEdit *>("attention.text")->toPlainText(), "a\nb");
        lens.showSnapshot(12);
        engine.send(engine.lastRequest(),
                    event::CommandFailed{"Looking at the attention",
                                         {ErrorCode::Mismatch, "Another model is open.", "Open that one."}});
        engine.settle();
        QCOMPARE(lens.findChild<QLabel *>("attention.failure")->text(),
                 "Another model is open. Open that one.");
        QCOMPARE(lens.findChild<QPlainTextEdit *>("attention.text")->toPlainText(), "");
        QCOMPARE(lens.asCsv(), "position,token,weight\n");
        lens.showSnapshot(12);
        QCOMPARE(engine.count<command::ShowAttention>(), 3);
    }

    void pointerReadsANumber()
    {
        ThemeManager themes;
        HeadPanel panel(themes);
        const auto heads = headMatrices(knownState().state);
        panel.setHead(&heads[3]);
        panel.resize(280, 600);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        auto *matrix = panel.findChild<MatrixView *>();
        const double side = std::min(matrix->width(), matrix->height()) / 8.0;
        QTest::mouseMove(matrix, QPoint(int(2.5 * side), int(6.5 * side)));
        QString said;
        for (const QLabel *label : panel.findChildren<QLabel *>())
            said += label->text() + '\n';
        QVERIFY2(said.contains("value 6, key 2: 116.25"), qPrintable(said));
    }

    void csvKeepsEveryBit()
    {
        const auto heads = headMatrices(test::image(3).state); // noise: every kind of float
        for (const HeadMatrix &head : heads) {
            const QStringList lines = HeadPanel::asCsv(head).split('\n', Qt::SkipEmptyParts);
            QCOMPARE(lines.size(), 8);
            for (int row = 0; row < 8; ++row) {
                const QStringList fields = lines[row].split(',');
                for (int column = 0; column < 8; ++column) {
                    const float number = head.numbers[std::size_t(row * 8 + column)];
                    if (std::isfinite(number))
                        QCOMPARE(std::bit_cast<std::uint32_t>(float(fields[column].toDouble())),
                                 std::bit_cast<std::uint32_t>(number));
                }
            }
        }
    }

    void runningReplyIsShownWhileItIsWritten()
    {
        Page page;
        page.workspace.show();
        page.inspected(12, knownState());
        page.engine.send(1, event::StateObserved{5, std::make_shared<const SnapshotImage>(knownState(-1))});
        page.engine.settle();
        QVERIFY(page.label().startsWith("Being written"));
        QVERIFY(page.wall()->current()->numbers[9] < 0);
        page.engine.send(1, event::StateObserved{6, std::make_shared<const SnapshotImage>(knownState())});
        page.engine.settle(); // of another conversation
        QVERIFY(page.wall()->current()->numbers[9] < 0);
    }

    void coloursTellSignAndStrength()
    {
        HeadMatrix head{.rows = 1, .columns = 3, .numbers = {-2, 0, 2}};
        for (const bool dark : {false, true}) {
            const QImage image = imageOf(head, dark, 2);
            QVERIFY(qBlue(image.pixel(0, 0)) > qRed(image.pixel(0, 0)));
            QVERIFY(qRed(image.pixel(2, 0)) > qBlue(image.pixel(2, 0)));
            const QColor middle(image.pixel(1, 0));
            QVERIFY(middle.saturation() < 16);
            QVERIFY(dark ? middle.lightness() < 64 : middle.lightness() > 224);
            QCOMPARE(imageOf(head, dark, 1).pixel(2, 0), image.pixel(2, 0)); // beyond: the last colour
        }
    }
};

QTEST_MAIN(TestInspector)
#include "tst_inspector.moc"
