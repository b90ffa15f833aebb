// Smaller forms of states: what they cost, and that they keep what they promise.
#include "core/session/state_form.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <span>

using namespace volary;
using namespace volary::test;

namespace {

std::vector<std::byte> bytesOf(const std::vector<float> &numbers)
{
    const auto bytes = std::as_bytes(std::span(numbers));
    return {bytes.begin(), bytes.end()};
}

std::vector<float> floatsOf(const std::vector<std::byte> &bytes)
{
    std::vector<float> numbers(bytes.size() / sizeof(float));
    std::ranges::copy(bytes, std::as_writable_bytes(std::span(numbers)).begin());
    return numbers;
}

StateTensor spec(Shape shape, StateRole role = StateRole::Wkv, DType type = DType::F32)
{
    return {"tensor", type, shape, StateGrowth::Fixed, role, 0, "any"};
}

TensorImage tensor(const StateTensor &spec, const std::vector<float> &numbers)
{
    return {spec, std::make_shared<const std::vector<std::byte>>(bytesOf(numbers))};
}

// Numbers of very different sizes, row by row.
std::vector<float> anyNumbers(const Shape &shape)
{
    std::vector<float> numbers = normals(std::size_t(shape.elements()));
    const auto row = std::size_t(std::max<std::int64_t>(shape[shape.rank() - 1], 1));
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] *= std::exp2(float(int(i / row) % 21 - 10));
    return numbers;
}

} // namespace

class TestStateForm : public QObject {
    Q_OBJECT

private slots:
    void packingWhatWasUnpackedGivesTheSameBytes()
    {
        const Shape shape{integer(1, 3), integer(1, 5), integer(1, 150)};
        const std::vector<float> numbers = anyNumbers(shape);
        for (const StateForm form : {StateForm::Half, StateForm::Int8}) {
            const StateTensor s = spec(shape);
            const auto packed = pack(bytesOf(numbers), s, form);
            QCOMPARE(packed.size(), std::size_t(packedBytes(s, form)));
            const auto back = unpack(packed, s, form);
            QVERIFY(pack(back, s, form) == packed);
        }
    }

    // Half of the last of 11 bits; half a step of 127 of the largest number of the group.
    void everyNumberIsAsNearAsTheFormPromises()
    {
        const Shape shape{integer(1, 4), integer(1, 130)};
        const std::vector<float> numbers = anyNumbers(shape);
        const StateTensor s = spec(shape);
        const auto half = floatsOf(unpack(pack(bytesOf(numbers), s, StateForm::Half), s, StateForm::Half));
        const auto small = floatsOf(unpack(pack(bytesOf(numbers), s, StateForm::Int8), s, StateForm::Int8));
        const auto row = std::size_t(shape[1]);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            QVERIFY(std::abs(half[i] - numbers[i]) <= std::abs(numbers[i]) * 0x1p-11f + 0x1p-25f);
            const std::size_t first = i / row * row + i % row / 64 * 64;
            float largest = 0;
            for (std::size_t j = first; j < std::min(first + 64, (i / row + 1) * row); ++j)
                largest = std::max(largest, std::abs(numbers[j]));
            QVERIFY(std::abs(small[i] - numbers[i]) <= largest / 127 * 0.501f);
        }
    }

    void theErrorIsThatOfThisState()
    {
        SnapshotImage image;
        image.tokens = {1, 2, 3};
        image.state = {tensor(spec({2, 64}), std::vector<float>(128, 1.0f)),
                       tensor(spec({64}, StateRole::AttentionShift), normals(64))};
        REQUIRE(const RoundedImage half, roundedTo(image, StateForm::Half));
        REQUIRE(const RoundedImage small, roundedTo(image, StateForm::Int8));
        QCOMPARE(half.bytes, std::uint64_t(2 * 192));
        QCOMPARE(small.bytes, std::uint64_t(192 + 3 * 4));
        for (const RoundedImage *rounded : {&half, &small}) {
            double difference = 0, norm = 0, own = 0, ownNorm = 0;
            for (std::size_t t = 0; t < 2; ++t) {
                const auto before = floatsOf(*image.state[t].bytes);
                const auto after = floatsOf(*rounded->image.state[t].bytes);
                own = ownNorm = 0;
                for (std::size_t i = 0; i < before.size(); ++i) {
                    own += std::pow(double(after[i]) - double(before[i]), 2);
                    ownNorm += std::pow(double(before[i]), 2);
                }
                difference += own;
                norm += ownNorm;
            }
            QVERIFY(std::abs(rounded->image.stored.error - std::sqrt(difference / norm)) < 1e-12);
            QVERIFY(rounded->image.stored.worst >= std::sqrt(own / ownNorm) - 1e-12);
        }
        QVERIFY(half.image.stored.error > 0 && half.image.stored.error < small.image.stored.error);
        QVERIFY(!roundedTo(half.image, StateForm::Int8)); // an error on top of an error is not measured
    }

    void whatIsNoSumStaysExact()
    {
        SnapshotImage image;
        const std::vector<float> exponents{-1e38f, 3.3333333f, 7.7777777f, 1e30f};
        image.state = {tensor(spec({4}, StateRole::Maximum), exponents)};
        REQUIRE(const RoundedImage rounded, roundedTo(image, StateForm::Int8));
        QVERIFY(floatsOf(*rounded.image.state[0].bytes) == exponents);
        QCOMPARE(rounded.image.stored.error, 0.0);
        StateTensor growing = spec({4, 4});
        growing.growth = StateGrowth::OneRowPerToken;
        QVERIFY(!isRounded(growing, StateForm::Half));
        QVERIFY(!isRounded(spec({4}, StateRole::Wkv, DType::I32), StateForm::Half));
    }

    void numbersThatDoNotFitAreRefused()
    {
        SnapshotImage image;
        image.state = {tensor(spec({2}), {70'000.0f, 1.0f})};
        const auto half = roundedTo(image, StateForm::Half);
        QVERIFY(!half);
        QCOMPARE(half.error().code, ErrorCode::Unsupported);
        QVERIFY(roundedTo(image, StateForm::Int8));
        image.state = {tensor(spec({2}), {NAN, 1.0f})};
        QVERIFY(!roundedTo(image, StateForm::Int8));
    }

    void emptyAndZeroTensorsComeBack()
    {
        for (const Shape &shape : {Shape{0}, Shape{3, 0}, Shape{5}, Shape{}}) {
            const StateTensor s = spec(shape);
            const std::vector<float> zeros(std::size_t(shape.elements()));
            for (const StateForm form : {StateForm::Half, StateForm::Int8})
                QVERIFY(floatsOf(unpack(pack(bytesOf(zeros), s, form), s, form)) == zeros);
        }
    }
};

QTEST_GUILESS_MAIN(TestStateForm)
#include "tst_state_form.moc"
