// Every op of the op table, on every backend and weight type, against the reference with fresh random
// numbers.
#include "core/base/half.h"
#include "core/graph/ops.h"
#include "core/tensor/blocks.h"
#include "kernels/cpu/backend.h"
#include "kernels/reference/backend.h"
#include "tests/kernels/tolerance.h"
#include "tests/support/backends.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTest>

#include <cmath>
#include <cstring>

using namespace volary;
using test::integer;
using test::normals;
using test::uniforms;

namespace {

constexpr DType kMatrixTypes[] = {DType::F32,  DType::F16,  DType::BF16, DType::Q4_0,
                                  DType::Q4_1, DType::Q5_0, DType::Q5_1, DType::Q8_0,
                                  DType::Q4_K, DType::Q5_K, DType::Q6_K};

// The numbers a case works on, drawn once and given to every backend alike.
struct Numbers {
    std::vector<float> values;
    Shape shape;
};

// Activations enter a plan as an embedding whose table is the activation: row t is token t.
class Scene {
public:
    Scene(Backend &backend, int rows) : m_backend(backend), m_rows(rows) {}

    Tensor tensor(const Numbers &numbers, DType type = DType::F32)
    {
        std::vector<std::byte> bytes(bytesOf(type, std::int64_t(numbers.values.size())));
        if (isQuantised(type))
            encodeBlocks(type, numbers.values, bytes.data());
        for (std::size_t i = 0; i < numbers.values.size() && !isQuantised(type); ++i) {
            const float value = numbers.values[i];
            const std::uint16_t half = type == DType::F16 ? floatToF16(value) : floatToBf16(value);
            if (type == DType::F32)
                std::memcpy(&bytes[i * 4], &value, 4);
            else
                std::memcpy(&bytes[i * 2], &half, 2);
        }
        auto buffer = m_backend.allocate(bytes.size());
        if (!buffer)
            qFatal("a test tensor: %s", buffer.error().what.c_str());
        if (const auto uploaded = m_backend.upload(*buffer.value(), 0, bytes); !uploaded)
            qFatal("a test tensor: %s", uploaded.error().what.c_str());
        return {type, numbers.shape, buffer.value(), 0};
    }

    Value activation(Ops &op, const Numbers &numbers) { return op.embed(tensor(numbers)); }

private:
    Backend &m_backend;
    int m_rows;
};

struct Case {
    int rows = 1;
    std::vector<int> firstRow{0, 1};
    std::int64_t position = 0;   // of the first row of every sequence
    std::vector<Numbers> states; // one tensor per sequence and slot, sequence by sequence
    std::vector<StateSlot> stateSlots;
    std::function<Value(Ops &, Scene &)> record;
    double terms = 1; // the usual size of the sums before anything cancels
};

struct Outcome {
    std::vector<float> output;
    std::vector<std::vector<float>> states;
};

Result<Outcome> run(Backend &backend, const Case &c)
{
    Scene scene(backend, c.rows);
    const int sequences = int(c.firstRow.size()) - 1;
    Ops op(c.rows, sequences, Want::AllLogits, c.stateSlots);
    const Value out = c.record(op, scene);
    op.result(out, out);
    const auto plan = op.finish();
    TRY(const auto program, backend.prepare(plan));

    std::vector<std::vector<Tensor>> states(static_cast<std::size_t>(sequences));
    for (std::size_t i = 0; i < c.states.size(); ++i)
        states[i / c.stateSlots.size()].push_back(scene.tensor(c.states[i]));
    const std::vector<std::span<const Tensor>> bound(states.begin(), states.end());
    std::vector<std::int32_t> tokens(std::size_t(c.rows));
    for (int t = 0; t < c.rows; ++t)
        tokens[std::size_t(t)] = t;
    const std::vector<std::int64_t> positions(std::size_t(sequences), c.position);
    TRY_(backend.run(*program,
                     {.tokens = tokens, .firstRow = c.firstRow, .states = bound, .positions = positions}));

    Outcome outcome;
    outcome.output.resize(std::size_t(plan->values[std::size_t(plan->logits)].shape.elements()));
    TRY_(backend.read(*program, plan->logits, outcome.output));
    for (const auto &sequence : states) {
        for (const Tensor &tensor : sequence) {
            std::vector<float> numbers(std::size_t(tensor.shape.elements()));
            TRY_(backend.download(std::as_writable_bytes(std::span(numbers)), *tensor.buffer, tensor.offset));
            outcome.states.push_back(std::move(numbers));
        }
    }
    return outcome;
}

// Relative to the largest result, or to `terms`, the usual size of what was summed, where the sum itself came
// out small: float32 cannot do better than that.
double relativeDifference(std::span<const float> got, std::span<const float> expected, double terms)
{
    double largest = terms, difference = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        largest = std::max(largest, std::abs(double(expected[i])));
        const double d = std::abs(double(got[i]) - double(expected[i]));
        difference = std::isnan(d) ? INFINITY : std::max(difference, d);
    }
    return difference / largest;
}

Numbers normal(Shape shape, float deviation = 1)
{
    return {normals(std::size_t(shape.elements()), deviation), shape};
}
Numbers uniform(Shape shape, float low, float high)
{
    return {uniforms(std::size_t(shape.elements()), low, high), shape};
}

// Cuts rows into a few sequences at random places; every sequence has at least one row.
std::vector<int> randomSequences(int rows)
{
    std::vector<int> first{0};
    while (first.back() < rows)
        first.push_back(integer(first.back() + 1, rows));
    return first;
}

// One op with shapes of its own choosing; `rows` and `width` vary around the vector lengths.
Case makeCase(OpKind kind, DType type, int rows, int width)
{
    const int heads = 3, n = width, wide = heads * n; // per-head ops: a head of `width` numbers
    Case c;
    c.rows = rows;
    c.firstRow = randomSequences(rows);
    const auto x = normal({rows, width}), y = normal({rows, width}), vector = normal({width});
    const auto hx = normal({rows, wide}), hy = normal({rows, wide}), hz = normal({rows, wide}),
               hv = normal({wide});
    const auto hs = normal({wide});
    // Numbers on both sides of zero: a group that happens to have no spread is all rounding after
    // normalising.
    const auto spread = [](Numbers numbers) {
        for (std::size_t i = 0; i < numbers.values.size(); ++i)
            numbers.values[i] += i % 2 == 0 ? 3.0f : -3.0f;
        return numbers;
    };
    if (kind == OpKind::Linear || kind == OpKind::Wkv5 || kind == OpKind::Wkv7 || kind == OpKind::Bonus7)
        c.terms = std::sqrt(double(width));
    switch (kind) {
    case OpKind::Embed:
        c.record = [x, type](Ops &op, Scene &s) { return op.embed(s.tensor(x, type)); };
        break;
    case OpKind::LayerNorm: {
        const auto shift = normal({width});
        c.record = [=](Ops &op, Scene &s) {
            return op.layerNorm(s.activation(op, spread(x)), s.tensor(vector), s.tensor(shift), 1e-5f);
        };
        break;
    }
    case OpKind::TokenShift:
        c.stateSlots = {{DType::F32, {width}}};
        for (std::size_t b = 1; b < c.firstRow.size(); ++b)
            c.states.push_back(normal({width}));
        c.record = [=](Ops &op, Scene &s) { return op.tokenShift(s.activation(op, x), 0); };
        break;
    case OpKind::Lerp: {
        const bool perRow = integer(0, 1) == 1;
        const auto mix = perRow ? uniform({rows, width}, 0, 1) : uniform({width}, 0, 1);
        c.record = [=](Ops &op, Scene &s) {
            const Value a = s.activation(op, x), b = s.activation(op, y);
            return perRow ? op.lerp(a, b, s.activation(op, mix)) : op.lerp(a, b, s.tensor(mix));
        };
        break;
    }
    case OpKind::Linear: {
        const auto weight = normal({integer(1, 70), width});
        c.record = [=](Ops &op, Scene &s) { return op.linear(s.tensor(weight, type), s.activation(op, x)); };
        break;
    }
    case OpKind::Activate: {
        const auto activation = Activation(integer(0, 4));
        const auto large = normal({rows, width}, 30);
        c.record = [=](Ops &op, Scene &s) { return op.activate(activation, s.activation(op, large)); };
        break;
    }
    case OpKind::Add:
        c.record = [=](Ops &op, Scene &s) {
            return op.add(op.add(s.activation(op, x), s.activation(op, y)), s.tensor(vector));
        };
        break;
    case OpKind::Mul:
        c.record = [=](Ops &op, Scene &s) {
            return op.mul(op.mul(s.activation(op, x), s.activation(op, y)), s.tensor(vector));
        };
        break;
    case OpKind::Decay6: {
        const auto large = normal({rows, width}, 60); // on both sides of where exp(x) overflows
        c.record = [=](Ops &op, Scene &s) { return op.decay6(s.activation(op, large)); };
        break;
    }
    case OpKind::Decay7: {
        const auto large = normal({rows, width}, 30);
        c.record = [=](Ops &op, Scene &s) { return op.decay7(s.activation(op, large)); };
        break;
    }
    case OpKind::NormalizeHeads:
        c.record = [=](Ops &op, Scene &s) { return op.normalizeHeads(s.activation(op, hx), heads); };
        break;
    case OpKind::ScaleKey7: {
        const auto a = uniform({rows, width}, 0, 1);
        c.record = [=](Ops &op, Scene &s) {
            return op.scaleKey7(s.activation(op, x), s.activation(op, a), s.tensor(vector));
        };
        break;
    }
    case OpKind::RowMatrix: {
        const auto matrices = normal({rows, width * 5});
        c.terms = width;
        c.record = [=](Ops &op, Scene &s) {
            return op.rowMatrix(s.activation(op, x), s.activation(op, matrices));
        };
        break;
    }
    case OpKind::Wkv4: {
        c.stateSlots = {{DType::F32, {width}}, {DType::F32, {width}}, {DType::F32, {width}}};
        for (std::size_t b = 1; b < c.firstRow.size(); ++b) {
            const bool fresh = integer(0, 1) == 1;
            c.states.push_back(fresh ? uniform({width}, 0, 0) : normal({width}));
            c.states.push_back(fresh ? uniform({width}, 0, 0) : uniform({width}, 0.1f, 2));
            c.states.push_back(fresh ? uniform({width}, -1e30f, -1e30f) : normal({width}, 5));
        }
        const auto keys = normal({rows, width}, 5);
        const auto logDecay = uniform({width}, -3, -0.01f);
        c.record = [=](Ops &op, Scene &s) {
            return op.wkv4(s.activation(op, keys), s.activation(op, x), s.tensor(logDecay), s.tensor(vector),
                           {0, 1, 2});
        };
        break;
    }
    case OpKind::Wkv5: {
        c.stateSlots = {{DType::F32, {heads, n, n}}};
        for (std::size_t b = 1; b < c.firstRow.size(); ++b)
            c.states.push_back(normal({heads, n, n}));
        const bool perRow = integer(0, 1) == 1;
        const auto decay = perRow ? uniform({rows, wide}, 0, 1) : uniform({wide}, 0, 1);
        c.record = [=](Ops &op, Scene &s) {
            const Value r = s.activation(op, hx), k = s.activation(op, hy), v = s.activation(op, hz);
            return perRow ? op.wkv5(r, s.activation(op, decay), k, v, s.tensor(hv), 0)
                          : op.wkv5(r, s.tensor(decay), k, v, s.tensor(hv), 0);
        };
        break;
    }
    case OpKind::Wkv7: {
        c.stateSlots = {{DType::F32, {heads, n, n}}};
        for (std::size_t b = 1; b < c.firstRow.size(); ++b)
            c.states.push_back(normal({heads, n, n}));
        const auto w = uniform({rows, wide}, 0.55f, 1), a = uniform({rows, wide}, 0, 1);
        const auto kappa = normal({rows, wide});
        c.record = [=](Ops &op, Scene &s) {
            const Value unit = op.normalizeHeads(s.activation(op, kappa), heads);
            return op.wkv7(s.activation(op, hx), s.activation(op, w), s.activation(op, hy),
                           s.activation(op, hz), unit, s.activation(op, a), 0);
        };
        break;
    }
    case OpKind::GroupNorm:
        c.record = [=](Ops &op, Scene &s) {
            return op.groupNorm(s.activation(op, spread(hx)), s.tensor(hv), s.tensor(hs), heads, 64e-5f);
        };
        break;
    case OpKind::Bonus7: {
        const Numbers weight{hv.values, {heads, n}};
        c.record = [=](Ops &op, Scene &s) {
            return op.bonus7(s.activation(op, hx), s.activation(op, hy), s.activation(op, hz),
                             s.tensor(weight));
        };
        break;
    }
    case OpKind::RmsNorm:
        c.record = [=](Ops &op, Scene &s) {
            return op.add(op.rmsNorm(s.activation(op, spread(x)), 1e-2f),
                          op.rmsNorm(s.activation(op, spread(y)), s.tensor(vector), 1e-2f));
        };
        break;
    case OpKind::AtMost:
        c.record = [=](Ops &op, Scene &s) { return op.atMost(s.activation(op, x), 0.3f); };
        break;
    case OpKind::RepeatHeads:
        c.record = [=](Ops &op, Scene &s) { return op.repeatHeads(s.activation(op, hx), 3, 12); };
        break;
    case OpKind::Rope: {
        c.position = integer(0, 100'000);
        const auto pairs = normal({rows, 6 * width});
        c.record = [=](Ops &op, Scene &s) {
            return op.add(op.rope(s.activation(op, pairs), 3, 10'000, Ops::Pairs::Neighbours),
                          op.rope(s.activation(op, pairs), 3, 10'000, Ops::Pairs::Halves));
        };
        break;
    }
    case OpKind::KeepTokens:
    case OpKind::KeepRows:
    case OpKind::KeptRows: {
        c.position = integer(0, 5);
        const bool tokens = kind == OpKind::KeepTokens;
        c.stateSlots = {{tokens ? DType::I32 : DType::F32, {0, tokens ? 1 : width}}};
        for (std::size_t b = 1; b < c.firstRow.size(); ++b)
            c.states.push_back(normal({c.position + rows, tokens ? 1 : width}));
        c.record = [=](Ops &op, Scene &s) {
            const Value in = s.activation(op, x);
            if (kind == OpKind::KeptRows)
                return op.keptRows(0);
            tokens ? op.keepTokens(0) : op.keepRows(in, 0);
            return op.add(in, in);
        };
        break;
    }
    case OpKind::Attention: {
        c.position =
            integer(0, 3) == 0 ? integer(250, 600) : integer(0, 40); // one tile of positions, or several
        const int keyHeads = integer(0, 1) == 1 ? heads : 1, kept = keyHeads * n;
        c.stateSlots = {{DType::F32, {0, kept}}, {DType::F32, {0, kept}}};
        for (std::size_t b = 1; b < c.firstRow.size(); ++b) {
            c.states.push_back(normal({c.position + rows, kept}, 3));
            c.states.push_back(normal({c.position + rows, kept}));
        }
        c.record = [=](Ops &op, Scene &s) { return op.attention(s.activation(op, hx), 0, 1, heads); };
        break;
    }
    case OpKind::Window:
        c.firstRow = {0, rows};
        c.record = [=](Ops &op, Scene &s) { return op.window(s.activation(op, x), (rows + 1) / 2); };
        break;
    case OpKind::LastRows:
        c.record = [=](Ops &op, Scene &s) { return op.lastRows(s.activation(op, x)); };
        break;
    }
    return c;
}

bool hasMatrix(OpKind kind)
{
    return kind == OpKind::Embed || kind == OpKind::Linear;
}

void forEveryFastBackend()
{
    QTest::addColumn<QString>("backend");
    QTest::newRow("cpu") << "cpu";
    QTest::newRow("cuda") << "cuda";
    QTest::newRow("vulkan") << "vulkan";
}

} // namespace

class TestConformance : public QObject {
    Q_OBJECT

private slots:
    void everyOpAgreesWithTheReference_data();
    void everyOpAgreesWithTheReference();
    void resultsDoNotDependOnTheNumberOfThreads();
    void rowsDoNotDependOnWhatIsComputedBesideThem_data() { forEveryFastBackend(); }
    void rowsDoNotDependOnWhatIsComputedBesideThem();
    void cuttingManyRowsElsewhereLeavesEveryBit_data() { forEveryFastBackend(); }
    void cuttingManyRowsElsewhereLeavesEveryBit();
    void largeMatricesAgreeWithTheReference_data() { forEveryFastBackend(); }
    void largeMatricesAgreeWithTheReference();
};

void TestConformance::everyOpAgreesWithTheReference_data()
{
    QTest::addColumn<QString>("backend");
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("type");
    for (const char *backend : {"cpu", "cuda", "vulkan"}) {
        for (int kind = 0; kind < kOpKinds; ++kind) {
            for (const DType type : kMatrixTypes) {
                if (type != DType::F32 && !hasMatrix(OpKind(kind)))
                    continue;
                QTest::addRow("%s %s %s", backend, name(OpKind(kind)).data(), name(type).data())
                    << backend << kind << int(type);
            }
        }
    }
}

void TestConformance::everyOpAgreesWithTheReference()
{
    QFETCH(QString, backend);
    QFETCH(int, kind);
    QFETCH(int, type);
    SKIP_WITHOUT(backend);
    const auto reference = makeReferenceBackend();
    const auto tested = test::makeBackendForTest(backend);
    if (backend == "cuda" && (OpKind(kind) == OpKind::RowMatrix || isQuantised(DType(type))))
        QSKIP("CUDA runs neither RWKV-7a nor quantised weights so far");
    QVERIFY(tested->supports(OpKind(kind), DType(type)));

    for (const int width : {1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 64}) {
        for (const int rows : {1, 2, 5, 13}) {
            const int block = elementsPerBlock(DType(type));
            const Case c = makeCase(OpKind(kind), DType(type), rows, (width + block - 1) / block * block);
            REQUIRE(const Outcome expected, run(*reference, c));
            REQUIRE(const Outcome got, run(*tested, c));

            const double output = relativeDifference(got.output, expected.output, c.terms);
            QVERIFY2(output <= test::tolerance(DType(type)),
                     qPrintable(QString("width %1, rows %2: %3").arg(width).arg(rows).arg(output)));
            for (std::size_t i = 0; i < expected.states.size(); ++i) {
                const double state = relativeDifference(got.states[i], expected.states[i], c.terms);
                QVERIFY2(state <= test::tolerance(DType(type)),
                         qPrintable(QString("state, width %1, rows %2: %3").arg(width).arg(rows).arg(state)));
            }
        }
    }
}

void TestConformance::resultsDoNotDependOnTheNumberOfThreads()
{
    const auto one = makeCpuBackend(1);
    for (const int threads : {2, 3, 8}) {
        const auto many = makeCpuBackend(threads);
        for (int kind = 0; kind < kOpKinds; ++kind) {
            const Case c = makeCase(OpKind(kind), DType::F32, 40, 64);
            REQUIRE(const Outcome expected, run(*one, c));
            REQUIRE(const Outcome got, run(*many, c));
            QVERIFY2(got.output == expected.output && got.states == expected.states,
                     qPrintable(QString("%1 with %2 threads").arg(name(OpKind(kind)).data()).arg(threads)));
        }
        for (const DType type : kMatrixTypes) { // wide enough to be dealt out, for one row, a few and many
            for (const int rows : {1, integer(2, 12), integer(13, 40)}) {
                const auto weight = normal({integer(600, 700), 256}), x = normal({rows, 256});
                const Case c{.rows = rows,
                             .firstRow = {0, rows},
                             .states = {},
                             .stateSlots = {},
                             .record = [&](Ops &op, Scene &s) {
                                 return op.linear(s.tensor(weight, type), s.activation(op, x));
                             }};
                REQUIRE(const Outcome expected, run(*one, c));
                REQUIRE(const Outcome got, run(*many, c));
                QVERIFY2(got.output == expected.output, qPrintable(QString("%1 rows of %2 with %3 threads")
                                                                       .arg(rows)
                                                                       .arg(name(type).data())
                                                                       .arg(threads)));
            }
        }
    }
}

void TestConformance::rowsDoNotDependOnWhatIsComputedBesideThem()
{
    QFETCH(QString, backend);
    SKIP_WITHOUT(backend);
    const auto tested = test::makeBackendForTest(backend);
    for (const DType type : kMatrixTypes) {
        if (!tested->supports(OpKind::Linear, type))
            continue;
        const int block = elementsPerBlock(type);
        const int many = tested->device().manyRows; // whose rows add up in another order than one alone
        const int width = integer(1, isQuantised(type) ? 5 : 200) * block, outputs = integer(1, 90),
                  rows = integer(2, many > 0 ? std::min(19, many - 1) : 19);
        const auto weight = normal({outputs, width}), x = normal({rows, width});
        const auto linear = [&](const Numbers &input) {
            return Case{.rows = int(input.shape[0]),
                        .firstRow = {0, int(input.shape[0])},
                        .states = {},
                        .stateSlots = {},
                        .record = [&weight, input, type](Ops &op, Scene &s) {
                            return op.linear(s.tensor(weight, type), s.activation(op, input));
                        }};
        };
        REQUIRE(const Outcome together, run(*tested, linear(x)));

        for (int t = 0; t < rows; ++t) {
            const auto begin = x.values.begin() + std::ptrdiff_t(t) * width;
            REQUIRE(const Outcome alone, run(*tested, linear({{begin, begin + width}, {1, width}})));
            const auto row = together.output.begin() + std::ptrdiff_t(t) * outputs;
            QVERIFY2(std::equal(alone.output.begin(), alone.output.end(), row),
                     qPrintable(QString("%1 x %2, row %3").arg(outputs).arg(width).arg(t)));
        }
    }
}

void TestConformance::cuttingManyRowsElsewhereLeavesEveryBit()
{
    QFETCH(QString, backend);
    SKIP_WITHOUT(backend);
    const auto tested = test::makeBackendForTest(backend);
    const int least = std::max(1, tested->device().manyRows);
    for (const DType type : {DType::F32, DType::F16, DType::BF16}) {
        const int width = integer(1, 60) * 8, outputs = integer(1, 300), rows = integer(2 * least, 300);
        const auto weight = normal({outputs, width}), x = normal({rows, width});
        const auto outputsOf = [&](int from, int until) {
            const Numbers input{{x.values.begin() + std::ptrdiff_t(from) * width,
                                 x.values.begin() + std::ptrdiff_t(until) * width},
                                {until - from, width}};
            return run(*tested, {.rows = until - from,
                                 .firstRow = {0, until - from},
                                 .states = {},
                                 .stateSlots = {},
                                 .record = [&weight, input, type](Ops &op, Scene &s) {
                                     return op.linear(s.tensor(weight, type), s.activation(op, input));
                                 }});
        };
        REQUIRE(const Outcome whole, outputsOf(0, rows));
        const int cut = integer(least, rows - least);
        REQUIRE(const Outcome first, outputsOf(0, cut));
        REQUIRE(const Outcome second, outputsOf(cut, rows));

        std::vector<float> pieces = first.output;
        pieces.insert(pieces.end(), second.output.begin(), second.output.end());
        const auto place = std::ranges::mismatch(pieces, whole.output).in1 - pieces.begin();
        QVERIFY2(pieces == whole.output,
                 qPrintable(QString("%1 rows cut at %2, %3 x %4 of %5: row %6, output %7")
                                .arg(rows)
                                .arg(cut)
                                .arg(outputs)
                                .arg(width)
                                .arg(name(type).data())
                                .arg(place / outputs)
                                .arg(place % outputs)));
    }
}

void TestConformance::largeMatricesAgreeWithTheReference()
{
    QFETCH(QString, backend);
    SKIP_WITHOUT(backend);
    const auto reference = makeReferenceBackend();
    const auto tested = test::makeBackendForTest(backend);
    for (const DType type : kMatrixTypes) {
        if (!tested->supports(OpKind::Linear, type))
            continue;
        const int block = elementsPerBlock(type);
        const int rows = isQuantised(type) ? integer(1, 40) : integer(1, 300),
                  inputs = integer(900 / block, 1100 / block) * block, outputs = integer(300, 400);
        const auto weight = normal({outputs, inputs}, 0.05f), x = normal({rows, inputs});
        const Case c{.rows = rows,
                     .firstRow = {0, rows},
                     .states = {},
                     .stateSlots = {},
                     .record = [&](Ops &op, Scene &s) {
                         return op.linear(s.tensor(weight, type), s.activation(op, x));
                     }};
        REQUIRE(const Outcome expected, run(*reference, c));
        REQUIRE(const Outcome got, run(*tested, c));
        QVERIFY(relativeDifference(got.output, expected.output, c.terms) <= test::tolerance(type));
    }
}

QTEST_GUILESS_MAIN(TestConformance)
#include "tst_conformance.moc"
