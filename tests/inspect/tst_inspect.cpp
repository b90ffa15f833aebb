// The algebra of looking into states: singular values, pictures, and what changed between two states.
#include "core/inspect/head_matrices.h"
#include "core/inspect/singular_values.h"
#include "core/inspect/state_diff.h"
#include "core/inspect/state_picture.h"
#include "tests/store/samples.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <numeric>

using namespace volary;
using namespace volary::test;

namespace {

using Matrix = std::vector<double>; // [n, n], row-major

// A random rotation of n dimensions: turns of random planes one after the other.
Matrix rotation(std::size_t n)
{
    Matrix q(n * n);
    for (std::size_t i = 0; i < n; ++i)
        q[i * n + i] = 1;
    for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t b = a + 1; b < n; ++b) {
            const double angle = double(integer(0, 6'283)) / 1000, c = std::cos(angle), s = std::sin(angle);
            for (std::size_t j = 0; j < n; ++j) {
                const double x = q[a * n + j], y = q[b * n + j];
                q[a * n + j] = c * x - s * y;
                q[b * n + j] = s * x + c * y;
            }
        }
    }
    return q;
}

TensorImage withNumbers(TensorImage tensor, const std::vector<float> &numbers)
{
    const auto bytes = std::as_bytes(std::span(numbers));
    tensor.bytes = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
    return tensor;
}

// The image() of the samples with numbers instead of noise.
SnapshotImage state(int tokens = 3)
{
    SnapshotImage made = image(1, tokens);
    for (TensorImage &tensor : made.state)
        tensor = withNumbers(tensor, normals(std::size_t(tensor.spec.shape.elements())));
    return made;
}

std::vector<float> numbersOf(const TensorImage &tensor)
{
    std::vector<float> numbers(tensor.bytes->size() / sizeof(float));
    std::memcpy(numbers.data(), tensor.bytes->data(), tensor.bytes->size());
    return numbers;
}

} // namespace

class TestInspect : public QObject {
    Q_OBJECT

private slots:
    void singularValuesAreThoseTheMatrixWasMadeOf();
    void singularValuesOfAnyShapeKeepTheNorm();
    void whatIsNotFiniteDoesNotHang();
    void effectiveRankCountsDirections();
    void equalStatesDifferInNothing();
    void aChangeIsFoundInItsHeadAndNowhereElse();
    void ofGrowingTensorsTheCommonRowsCount();
    void statesOfOtherModelsAreRefused();
    void comparingCanBeCancelled();
    void headsAreTheNumbersOfTheState();
    void pictureShowsEachHeadInItsPlace();
    void pictureOfAStateWithoutMatricesShowsItsNumerators();
};

void TestInspect::singularValuesAreThoseTheMatrixWasMadeOf()
{
    const auto n = std::size_t(integer(1, 40));
    std::vector<double> made(n);
    for (double &value : made)
        value = double(integer(0, 10'000)) / 100;
    made.back() = 0; // singular, too
    const Matrix u = rotation(n), v = rotation(n);
    std::vector<float> matrix(n * n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < n; ++k)
                sum += u[i * n + k] * made[k] * v[k * n + j];
            matrix[i * n + j] = float(sum);
        }
    }
    std::ranges::sort(made, std::greater());

    const auto found = singularValues(matrix, n, n);

    QCOMPARE(found.size(), n);
    for (std::size_t k = 0; k < n; ++k)
        QVERIFY2(std::abs(found[k] - made[k]) < 2e-5 * std::max(made[0], 1.0), // the matrix is of floats
                 qPrintable(QString("%1: %2 for %3").arg(k).arg(found[k]).arg(made[k])));
}

void TestInspect::singularValuesOfAnyShapeKeepTheNorm()
{
    const auto rows = std::size_t(integer(1, 30)), columns = std::size_t(integer(1, 30));
    const std::vector<float> matrix = normals(rows * columns);
    std::vector<float> turned(matrix.size());
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j)
            turned[j * rows + i] = matrix[i * columns + j];
    }

    const auto values = singularValues(matrix, rows, columns);
    const auto ofTurned = singularValues(turned, columns, rows);

    QCOMPARE(values.size(), std::min(rows, columns));
    QCOMPARE(ofTurned.size(), values.size());
    for (std::size_t k = 0; k < values.size(); ++k) // a square matrix is gone through the other way
        QVERIFY(std::abs(values[k] - ofTurned[k]) < 1e-9 * values[0]);
    double squares = 0, norm = 0;
    for (const double value : values)
        squares += value * value;
    for (const float number : matrix)
        norm += double(number) * double(number);
    QVERIFY(std::abs(squares - norm) < 1e-9 * norm);
    QVERIFY(std::ranges::is_sorted(values, std::greater()));
}

void TestInspect::whatIsNotFiniteDoesNotHang()
{
    std::vector<float> matrix = normals(64);
    matrix[std::size_t(integer(0, 63))] = std::numeric_limits<float>::infinity();
    matrix[std::size_t(integer(0, 63))] = std::numeric_limits<float>::quiet_NaN();
    const auto values = singularValues(matrix, 8, 8);
    QCOMPARE(values.size(), std::size_t(8));
    QVERIFY(std::isnan(values[0]));
    QVERIFY(std::isnan(effectiveRank(values)));
}

void TestInspect::effectiveRankCountsDirections()
{
    QCOMPARE(effectiveRank(std::vector<double>{}), 0.0);
    QCOMPARE(effectiveRank(std::vector<double>{0, 0, 0}), 0.0);
    QCOMPARE(effectiveRank(std::vector<double>{5, 0, 0}), 1.0);
    QVERIFY(std::abs(effectiveRank(std::vector<double>{2, 2, 2, 2}) - 4) < 1e-12);
    const double between = effectiveRank(std::vector<double>{3, 1});
    QVERIFY(std::abs(between - std::exp(-0.75 * std::log(0.75) - 0.25 * std::log(0.25))) < 1e-12);
}

void TestInspect::equalStatesDifferInNothing()
{
    const SnapshotImage a = state();

    REQUIRE(const StateDiff diff, compareStates(a, a));

    QCOMPARE(diff.commonTokens, 3);
    QCOMPARE(diff.tensors.size(), a.state.size());
    for (const TensorDiff &tensor : diff.tensors) {
        QCOMPARE(tensor.whole.distance, 0.0);
        QCOMPARE(tensor.whole.largest, 0.0);
        QVERIFY(std::abs(tensor.whole.cosine - 1) < 1e-12);
        QCOMPARE(tensor.heads.size(), tensor.spec.role == StateRole::Wkv ? std::size_t(2) : std::size_t(0));
        for (const HeadDiff &head : tensor.heads) {
            QCOMPARE(head.piece.relative(), 0.0);
            QCOMPARE(head.rank, 0.0);
        }
    }
}

void TestInspect::aChangeIsFoundInItsHeadAndNowhereElse()
{
    const SnapshotImage a = state(5);
    SnapshotImage b = a;
    b.tokens[3] += 1;
    std::vector<float> numbers = numbersOf(b.state[4]); // layer 1, wkv [2, 8, 8]
    for (std::size_t i = 0; i < 8; ++i)
        numbers[64 + i * 8 + 2] += 3; // head 1, a change of one direction
    b.state[4] = withNumbers(b.state[4], numbers);

    REQUIRE(const StateDiff diff, compareStates(a, b));

    QCOMPARE(diff.commonTokens, 3);
    for (std::size_t t = 0; t < diff.tensors.size(); ++t)
        QCOMPARE(diff.tensors[t].whole.distance > 0, t == 4);
    const auto &heads = diff.tensors[4].heads;
    QCOMPARE(heads[0].piece.distance, 0.0);
    QVERIFY(std::abs(heads[1].piece.distance - 3 * std::sqrt(8.0)) < 1e-5);
    QVERIFY(std::abs(heads[1].piece.largest - 3) < 1e-5);
    QVERIFY(std::abs(heads[1].rank - 1) < 1e-4);
    QVERIFY(heads[1].piece.cosine < 1);
    const double norm = std::max(heads[1].piece.normA, heads[1].piece.normB);
    QCOMPARE(heads[1].piece.relative(), heads[1].piece.distance / norm);
}

void TestInspect::ofGrowingTensorsTheCommonRowsCount()
{
    SnapshotImage a = state(4), b = a;
    b.tokens.push_back(9);
    const std::vector<float> rows = normals(5 * 8);
    const auto latents = [&](std::int64_t count) {
        StateTensor spec{"cache.latents",       DType::F32, {count, 8},     StateGrowth::OneRowPerToken,
                         StateRole::KeyLatents, -1,         "token,channel"};
        return withNumbers({spec, nullptr}, {rows.begin(), rows.begin() + count * 8});
    };
    a.state.push_back(latents(3));
    b.state.push_back(latents(5));

    REQUIRE(const StateDiff diff, compareStates(a, b));

    QCOMPARE(diff.tensors.back().whole.distance, 0.0);
    QVERIFY(diff.tensors.back().whole.normA > 0);
}

void TestInspect::statesOfOtherModelsAreRefused()
{
    const SnapshotImage a = state();
    SnapshotImage other = a;
    other.model.fingerprint = std::string(64, 'e');
    other.model.name = "Gander";
    auto refused = compareStates(a, other);
    QVERIFY(!refused && refused.error().code == ErrorCode::Mismatch);
    QVERIFY(refused.error().what.find("Gander") != std::string::npos);

    SnapshotImage fewer = a;
    fewer.state.pop_back();
    QVERIFY(!compareStates(a, fewer));
    SnapshotImage otherShape = a;
    otherShape.state[1].spec.shape = {4, 4, 8};
    QVERIFY(!compareStates(a, otherShape));
}

void TestInspect::comparingCanBeCancelled()
{
    const SnapshotImage a = state();
    int asked = 0;
    const auto cancelled = compareStates(a, a, [&] { return ++asked < 3; });
    QVERIFY(!cancelled && cancelled.error().code == ErrorCode::Cancelled);
    QCOMPARE(asked, 3);
}

void TestInspect::headsAreTheNumbersOfTheState()
{
    const SnapshotImage made = state();

    const auto heads = headMatrices(made.state);

    QCOMPARE(heads.size(), std::size_t(4)); // two layers of two heads
    const std::vector<float> second = numbersOf(made.state[4]);
    const HeadMatrix &last = heads[3];
    QCOMPARE(last.layer, 1);
    QCOMPARE(last.head, 1);
    QCOMPARE(last.rows, std::size_t(8));
    QVERIFY(std::ranges::equal(last.numbers, std::span(second).subspan(64)));
    QCOMPARE(last.rowName, std::string("value"));
    QCOMPARE(last.columnName, std::string("key"));
    double squares = 0;
    for (const float number : last.numbers)
        squares += double(number) * double(number);
    QCOMPARE(last.norm(), std::sqrt(squares));
    QCOMPARE(last.largest(),
             std::abs(*std::ranges::max_element(last.numbers, {}, [](float x) { return std::abs(x); })));
}

void TestInspect::pictureShowsEachHeadInItsPlace()
{
    SnapshotImage made = state();
    for (TensorImage &tensor : made.state) {
        std::vector<float> numbers(std::size_t(tensor.spec.shape.elements()), 0.0f);
        if (tensor.spec.role == StateRole::Wkv && tensor.spec.layer == 1)
            numbers[64 + 7 * 8 + 0] = 8; // head 1, last row, first column
        tensor = withNumbers(tensor, numbers);
    }

    const StatePicture picture = pictureOf(made.state, 8);

    QCOMPARE(picture.layers, 2);
    QCOMPARE(picture.heads, 2);
    QCOMPARE(picture.cellsPerHead, 4);
    QCOMPARE(picture.cells.size(), std::size_t(64));
    for (int y = 0; y < 8; ++y) {
        for (int x = 0; x < 8; ++x) // a cell covers 2 x 2 numbers, of which one is 8
            QCOMPARE(picture.cells[std::size_t(y * 8 + x)], y == 7 && x == 4 ? 4.0f : 0.0f);
    }
}

void TestInspect::pictureOfAStateWithoutMatricesShowsItsNumerators()
{
    SnapshotImage made;
    for (int layer = 0; layer < 3; ++layer) {
        made.state.push_back(withNumbers(
            tensor("blocks.att.num", {64}, StateRole::Numerator, layer, "channel", 1), normals(64)));
        made.state.push_back(withNumbers(
            tensor("blocks.att.shift", {64}, StateRole::AttentionShift, layer, "channel", 1), normals(64)));
    }
    const StatePicture picture = pictureOf(made.state, 24);
    QCOMPARE(picture.layers, 3);
    QCOMPARE(picture.heads, 1);
    QCOMPARE(picture.cellsPerHead, 8);
    const std::vector<float> numbers = numbersOf(made.state[0]); // one row of 64: a cell covers 8
    double squares = 0;
    for (std::size_t i = 8; i < 16; ++i)
        squares += double(numbers[i]) * double(numbers[i]);
    QVERIFY(std::abs(double(picture.cells[1]) - std::sqrt(squares / 8)) < 1e-6);
    QCOMPARE(picture.cells[24 + 1], picture.cells[1]); // and every row of cells is the same
    QVERIFY(pictureOf({}, 24).cells.empty());
}

QTEST_APPLESS_MAIN(TestInspect)
#include "tst_inspect.moc"
