// Half-lives against what the equations do to a state: memory is put into a fresh state, a token is read, and
// what is left of it must be what the half-lives say.
#include "core/inspect/half_lives.h"
#include "core/io/safetensors_writer.h"
#include "tests/models/golden_model.h"
#include "tests/models/rwkv_cpp_copy.h"

#include <cmath>
#include <numbers>

using namespace volary;
using namespace volary::test;

namespace {

constexpr double kTolerance = 1e-3; // relative, of a half-life seen through float32

// The state after `tokens` and one more, `last`, with `put` put into what the first layer has as `role`.
Result<std::vector<float>> after(Runner &runner, std::span<const TokenId> tokens, TokenId last,
                                 StateRole role, const std::function<void(std::vector<float> &)> &put)
{
    TRY(State state, runner.newState());
    const SequenceInput before{tokens, &state}, one{{&last, 1}, &state};
    TRY_(runner.run({&before, 1}, Want::StateOnly));
    TRY(auto images, state.download());
    const auto changed =
        std::ranges::find_if(images, [&](const TensorImage &image) { return image.spec.role == role; });
    std::vector<float> numbers = toFloats(*changed);
    put(numbers);
    setNumbers(*changed, numbers);
    TRY_(state.upload(images));
    TRY_(runner.run({&one, 1}, Want::StateOnly));
    TRY(images, state.download());
    return toFloats(
        *std::ranges::find_if(images, [&](const TensorImage &image) { return image.spec.role == role; }));
}

// What one token leaves of an identity matrix in every head: [H, N, N].
Result<std::vector<double>> leftOfIdentity(Runner &runner, std::span<const TokenId> tokens, TokenId last,
                                           const Shape &shape)
{
    const auto n = std::size_t(shape[1]);
    const auto set = [&](float diagonal) {
        return [n, diagonal](std::vector<float> &numbers) {
            for (std::size_t i = 0; i < numbers.size(); ++i)
                numbers[i] = i / n % n == i % n ? diagonal : 0;
        };
    };
    TRY(const auto with, after(runner, tokens, last, StateRole::Wkv, set(1)));
    TRY(const auto without, after(runner, tokens, last, StateRole::Wkv, set(0)));
    std::vector<double> left(with.size());
    for (std::size_t i = 0; i < left.size(); ++i)
        left[i] = double(with[i]) - double(without[i]);
    return left;
}

// The decay of channel j out of diag(w) - kappa (kappa * a)^T: the product of three numbers beside the
// diagonal gives what the delta rule took from it. Nothing where they are too small to tell.
std::optional<double> withoutDeltaRule(std::span<const double> head, std::size_t n, std::size_t j)
{
    std::size_t bestI = 0, bestK = 0;
    double best = 0;
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < n; ++k) {
            const double size = i == j || k == j || i == k ? 0 : std::abs(head[i * n + k]);
            if (size > best) {
                best = size;
                bestI = i;
                bestK = k;
            }
        }
    }
    if (best < 1e-3)
        return {};
    return head[j * n + j] - head[bestI * n + j] * head[j * n + bestK] / head[bestI * n + bestK];
}

double decayOf(double halfLife)
{
    return std::exp(-std::numbers::ln2 / halfLife);
}

std::optional<std::filesystem::path> fileOf(const std::string &model)
{
    const auto folder = goldenPath(model);
    if (!folder)
        return {};
    for (const char *name : {"model.pth", "model.safetensors"}) {
        if (std::filesystem::exists(*folder / name))
            return *folder / name;
    }
    return {};
}

} // namespace

class TestHalfLives : public QObject {
    Q_OBJECT

private slots:
    void whatATokenLeavesIsWithinTheBounds_data();
    void whatATokenLeavesIsWithinTheBounds();
    void channelsOfRwkv4FadeAsTheySay();
    void filesOfRwkvCppSayTheSame_data();
    void filesOfRwkvCppSayTheSame();
    void quantisedFilesTellThem();
    void factorsThatDoNotFitAreRefused();
};

void TestHalfLives::whatATokenLeavesIsWithinTheBounds_data()
{
    QTest::addColumn<QString>("model");
    QTest::addColumn<bool>("tokensDecide");
    QTest::addColumn<bool>("deltaRule");
    QTest::newRow("rwkv5.2") << "rwkv5.2" << false << false;
    QTest::newRow("rwkv6") << "rwkv6" << true << false;
    QTest::newRow("rwkv7") << "rwkv7" << true << true;
    QTest::newRow("goldfinch") << "goldfinch" << true << false;
    QTest::newRow("qrwkv6") << "qrwkv6/qrwkv6-ranks" << true << false;
    QTest::newRow("arwkv7") << "arwkv7/gate-norm-tied" << true << true;
}

void TestHalfLives::whatATokenLeavesIsWithinTheBounds()
{
    QFETCH(QString, model);
    QFETCH(bool, tokensDecide);
    QFETCH(bool, deltaRule);
    const auto path = fileOf(model.toStdString());
    if (!path)
        QSKIP("This machine has no such golden data.");
    REQUIRE(const auto test, openForTest(*path, makeReferenceBackend()));
    REQUIRE(const ModelFile file, openModelFile(*path));
    REQUIRE(const auto lives, halfLives(*file.tensors));
    const auto spec = test.opened.model->stateSpec();
    const auto wkv = std::ranges::find(spec, StateRole::Wkv, &StateTensor::role);
    QCOMPARE(std::int64_t(lives.size()), std::ranges::count(spec, StateRole::Wkv, &StateTensor::role));
    QCOMPARE(lives[0].layer, wkv->layer);
    const auto n = std::size_t(wkv->shape[1]);
    QCOMPARE(lives[0].typical.size(), std::size_t(wkv->shape[0]) * n);

    const int most = test.opened.model->info().vocabulary - 1;
    std::size_t seen = 0;
    for (int round = 0; round < 4; ++round) {
        std::vector<TokenId> tokens;
        for (int i = 0; i < 5; ++i)
            tokens.push_back(TokenId(integer(1, most)));
        REQUIRE(const auto left, leftOfIdentity(*test.runner, tokens, TokenId(integer(1, most)), wkv->shape));
        for (std::size_t c = 0; c < lives[0].typical.size(); ++c) {
            const auto head = std::span(left).subspan(c / n * n * n, n * n);
            const auto w =
                deltaRule ? withoutDeltaRule(head, n, c % n) : std::optional(head[c % n * n + c % n]);
            if (!w)
                continue;
            ++seen;
            const auto told = [&] {
                return qPrintable(QString("channel %1 keeps %2, not %3 .. %4")
                                      .arg(c)
                                      .arg(*w)
                                      .arg(decayOf(lives[0].shortest[c]))
                                      .arg(decayOf(lives[0].longest[c])));
            };
            QVERIFY2(*w >= decayOf(lives[0].shortest[c]) - kTolerance, told());
            QVERIFY2(*w <= decayOf(lives[0].longest[c]) + kTolerance, told());
            QCOMPARE(lives[0].shortest[c] < lives[0].longest[c], tokensDecide);
        }
    }
    QVERIFY(seen > lives[0].typical.size());
}

void TestHalfLives::channelsOfRwkv4FadeAsTheySay()
{
    const auto path = fileOf("rwkv4");
    if (!path)
        QSKIP("This machine has no such golden data.");
    REQUIRE(const auto test, openForTest(*path, makeReferenceBackend()));
    REQUIRE(const ModelFile file, openModelFile(*path));
    REQUIRE(const auto lives, halfLives(*file.tensors));
    const std::vector<TokenId> tokens{TokenId(integer(1, kVocabulary - 1))};
    const auto last = TokenId(integer(1, kVocabulary - 1));
    // Sums are kept relative to e^maximum, which a token moves.
    const auto add = [](float more) {
        return [more](std::vector<float> &numbers) {
            for (float &number : numbers)
                number += more;
        };
    };
    std::vector<float> maximumBefore;
    REQUIRE(const auto maximum, after(*test.runner, tokens, last, StateRole::Maximum,
                                      [&](std::vector<float> &numbers) { maximumBefore = numbers; }));
    REQUIRE(const auto with, after(*test.runner, tokens, last, StateRole::Numerator, add(1)));
    REQUIRE(const auto without, after(*test.runner, tokens, last, StateRole::Numerator, add(0)));
    QCOMPARE(with.size(), lives[0].typical.size());
    for (std::size_t c = 0; c < with.size(); ++c) {
        const double left =
            (double(with[c]) - double(without[c])) * std::exp(double(maximum[c]) - double(maximumBefore[c]));
        QVERIFY(std::abs(left - decayOf(lives[0].typical[c])) < kTolerance);
        QCOMPARE(lives[0].shortest[c], lives[0].longest[c]);
    }
}

void TestHalfLives::filesOfRwkvCppSayTheSame_data()
{
    QTest::addColumn<QString>("model");
    for (const char *model : {"rwkv4", "rwkv5.2", "rwkv6"})
        QTest::newRow(model) << model;
}

void TestHalfLives::filesOfRwkvCppSayTheSame()
{
    QFETCH(QString, model);
    const auto path = fileOf(model.toStdString());
    if (!path)
        QSKIP("This machine has no such golden data.");
    const QTemporaryDir folder;
    const std::filesystem::path copy = folder.filePath("copy.bin").toStdString();
    VERIFY_OK(writeRwkvCppCopy(*path, copy, [&](const std::string &name, Converted &tensor) {
        if (name == "att.time_decay" && model != "rwkv6")
            tensor.each([&](double x) { return model == "rwkv4" ? -std::exp(x) : std::exp(-std::exp(x)); });
        if (name == "att.time_decay_w1" || name == "att.time_decay_w2")
            tensor.transpose();
    }));
    REQUIRE(const ModelFile first, openModelFile(*path));
    REQUIRE(const ModelFile second, openModelFile(copy));
    REQUIRE(const auto expected, halfLives(*first.tensors));
    REQUIRE(const auto found, halfLives(*second.tensors));
    QCOMPARE(found.size(), expected.size());
    for (std::size_t layer = 0; layer < found.size(); ++layer) {
        QCOMPARE(found[layer].typical.size(), expected[layer].typical.size());
        for (std::size_t c = 0; c < found[layer].typical.size(); ++c) {
            // A decay close to one keeps few digits of its distance to it.
            QVERIFY(std::abs(found[layer].typical[c] / expected[layer].typical[c] - 1) < kTolerance);
            QVERIFY(std::abs(found[layer].shortest[c] / expected[layer].shortest[c] - 1) < kTolerance);
        }
    }
}

void TestHalfLives::quantisedFilesTellThem()
{
    const auto path = std::filesystem::path(VOLARY_SOURCE_DIR) / "resources/models/goldfinch-tiny/model.gguf";
    REQUIRE(const ModelFile file, openModelFile(path));
    REQUIRE(const auto lives, halfLives(*file.tensors));
    QVERIFY(!lives.empty());
    for (const LayerHalfLives &layer : lives) {
        QVERIFY(!layer.typical.empty());
        for (std::size_t c = 0; c < layer.typical.size(); ++c) {
            QVERIFY(layer.typical[c] > 0);
            QVERIFY(layer.shortest[c] < layer.typical[c] && layer.typical[c] < layer.longest[c]);
        }
    }
}

void TestHalfLives::factorsThatDoNotFitAreRefused()
{
    const QTemporaryDir folder;
    const std::filesystem::path path = folder.filePath("model.safetensors").toStdString();
    const std::vector<float> numbers(24);
    const auto bytes = std::as_bytes(std::span(numbers));
    const std::vector<TensorToWrite> tensors{
        {"blocks.0.att.w0", DType::F32, Shape{8}, bytes.first(8 * sizeof(float))},
        {"blocks.0.att.w2", DType::F32, Shape{4, 6}, bytes}};
    VERIFY_OK(writeSafetensors(path, tensors));
    REQUIRE(const auto file, openTensorFile(path));

    const auto lives = halfLives(*file);

    QVERIFY(!lives);
    QVERIFY(lives.error().what.find("blocks.0.att.w2") != std::string::npos);
}

QTEST_APPLESS_MAIN(TestHalfLives)
#include "tst_half_lives.moc"
