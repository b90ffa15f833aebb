// What every architecture with golden data is held to. The checks fail the test that calls them; `folder` is
// the folder of the model in the test data.
#pragma once

#include "core/base/half.h"
#include "kernels/cpu/backend.h"
#include "kernels/reference/backend.h"
#include "tests/support/backends.h"
#include "tests/support/golden.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTest>

namespace volary::test {

// What the READMEs of the golden data ask of a float32 evaluation.
constexpr double kLogitTolerance = 1e-4;
constexpr double kStateTolerance = 2e-4; // relative to max(1, |value|)
constexpr int kVocabulary = 512;         // of every golden model

// A file of golden data that SKIP_WITHOUT_GOLDEN has asked for.
inline std::filesystem::path goldenFile(const std::string &folder, const char *name)
{
    return goldenPath(folder).value_or(folder) / name;
}

inline void forBackends(const QStringList &backends)
{
    QTest::addColumn<QString>("backend");
    for (const QString &backend : backends)
        QTest::newRow(qPrintable(backend)) << backend;
}

inline void forBackendsAndChunks(const QStringList &backends)
{
    QTest::addColumn<QString>("backend");
    QTest::addColumn<int>("chunk");
    for (const QString &backend : backends) {
        for (const int chunk : {1, 5, 64, 96})
            QTest::addRow("%s, chunks of %d", qPrintable(backend), chunk) << backend << chunk;
    }
}

inline void forEveryBackend()
{
    forBackends({"reference", "cpu", "cuda", "vulkan"});
}
inline void forEveryBackendAndChunk()
{
    forBackendsAndChunks({"reference", "cpu", "cuda", "vulkan"});
}

// For models whose ops CUDA does not have.
inline void forBackendsWithEveryOp()
{
    forBackends({"reference", "cpu", "vulkan"});
}
inline void forBackendsWithEveryOpAndChunks()
{
    forBackendsAndChunks({"reference", "cpu", "vulkan"});
}

// Those that are built for speed, and so arrange their sums in ways of their own.
inline void forFastBackends()
{
    forBackends({"cpu", "cuda", "vulkan"});
}

// "mid.2.att_shift" and so on, as the golden data name a state tensor.
inline std::string goldenName(const std::string &prefix, const StateTensor &tensor)
{
    static const std::map<StateRole, const char *> kParts{
        {StateRole::AttentionShift, "att_shift"},
        {StateRole::FeedForwardShift, "ffn_shift"},
        {StateRole::Wkv, "wkv"},
        {StateRole::Numerator, "att_aa"},
        {StateRole::Denominator, "att_bb"},
        {StateRole::Maximum, "att_pp"},
    };
    return prefix + "." + std::to_string(tensor.layer) + "." + kParts.at(tensor.role);
}

inline double stateDifference(const State &state, const Golden &golden, const std::string &prefix)
{
    const auto images = state.download();
    if (!images)
        return INFINITY;
    double largest = 0;
    for (const TensorImage &image : images.value()) {
        const auto expected = golden.floats(goldenName(prefix, image.spec));
        largest = std::max(largest, largestRelativeDifference(toFloats(image), expected));
    }
    return largest;
}

inline void setNumbers(TensorImage &image, const std::vector<float> &numbers)
{
    const auto bytes = std::as_bytes(std::span(numbers));
    image.bytes = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
}

inline void checkLogitsAndStates(const std::string &folder, const QString &backend, int chunk)
{
    SKIP_WITHOUT_GOLDEN(folder);
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(goldenFile(folder, "model.pth"), makeBackendForTest(backend)));
    REQUIRE(const Golden golden, Golden::read(goldenFile(folder, "expected.safetensors")));
    REQUIRE(const auto tokens, readTokens(goldenFile(folder, "tokens.json")));
    REQUIRE(State state, test.runner->newState());

    REQUIRE(const auto logits, allLogits(*test.runner, state, tokens, std::size_t(chunk)));

    const double difference = largestDifference(logits, golden.floats("logits"));
    const double stateError = stateDifference(state, golden, "final");
    qInfo("logits differ by %.2g, states by %.2g", difference, stateError);
    QVERIFY2(difference <= kLogitTolerance, qPrintable(QString::number(difference)));
    QVERIFY2(stateError <= kStateTolerance, qPrintable(QString::number(stateError)));
}

// The state after half of the tokens, and the second half from the golden state instead of ours.
inline void checkMiddle(const std::string &folder, const QString &backend)
{
    SKIP_WITHOUT_GOLDEN(folder);
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(goldenFile(folder, "model.pth"), makeBackendForTest(backend)));
    REQUIRE(const Golden golden, Golden::read(goldenFile(folder, "expected.safetensors")));
    REQUIRE(const auto tokens, readTokens(goldenFile(folder, "tokens.json")));
    REQUIRE(State state, test.runner->newState());
    const std::size_t half = tokens.size() / 2;
    REQUIRE(const auto before, allLogits(*test.runner, state, std::span(tokens).first(half), 64));
    QVERIFY(stateDifference(state, golden, "mid") <= kStateTolerance);

    REQUIRE(auto images, state.download());
    for (TensorImage &image : images)
        setNumbers(image, golden.floats(goldenName("mid", image.spec)));
    VERIFY_OK(state.upload(images));
    REQUIRE(const auto logits, allLogits(*test.runner, state, std::span(tokens).subspan(half), 64));

    const auto expected = golden.floats("logits");
    QVERIFY(largestDifference(logits, std::span(expected).last(logits.size())) <= kLogitTolerance);
    QVERIFY(stateDifference(state, golden, "final") <= kStateTolerance);
}

// Turns [head][value][key], as tuned states are stored, into [head][key][value].
inline std::vector<float> keysFirst(const std::vector<float> &stored, const Shape &shape)
{
    const auto H = std::size_t(shape[0]), N = std::size_t(shape[1]);
    std::vector<float> turned(stored.size());
    for (std::size_t h = 0; h < H; ++h) {
        for (std::size_t i = 0; i < N; ++i) {
            for (std::size_t j = 0; j < N; ++j)
                turned[(h * N + i) * N + j] = stored[(h * N + j) * N + i];
        }
    }
    return turned;
}

// A bfloat16 tensor of a file; empty when it is not there.
inline std::vector<float> readHalves(const TensorFile &file, const std::string &name)
{
    for (std::size_t i = 0; i < file.tensors().size(); ++i) {
        const TensorInfo &info = file.tensors()[i];
        if (info.name != name || info.type != DType::BF16)
            continue;
        std::vector<std::uint16_t> stored(info.bytes() / 2);
        if (!file.read(i, std::as_writable_bytes(std::span(stored))))
            return {};
        std::vector<float> numbers(stored.size());
        std::ranges::transform(stored, numbers.begin(), bf16ToFloat);
        return numbers;
    }
    return {};
}

inline void checkTunedState(const std::string &folder, const QString &backend)
{
    SKIP_WITHOUT_GOLDEN(folder);
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(goldenFile(folder, "model.pth"), makeBackendForTest(backend)));
    REQUIRE(const Golden golden, Golden::read(goldenFile(folder, "expected.safetensors")));
    REQUIRE(const auto tokens, readTokens(goldenFile(folder, "tokens.json")));
    REQUIRE(const auto tuned, openTensorFile(goldenFile(folder, "time_state.pth")));
    VERIFY_OK(test.runner->startFrom(*tuned));
    REQUIRE(State state, test.runner->newState());

    const auto expected = golden.floats("logits_time_state");
    const std::size_t count = expected.size() / kVocabulary;
    REQUIRE(const auto logits, allLogits(*test.runner, state, std::span(tokens).first(count), 32));

    QVERIFY(largestDifference(logits, expected) <= kLogitTolerance);
}

inline std::vector<TokenId> randomTokens(std::size_t count, int vocabulary = kVocabulary)
{
    std::vector<TokenId> tokens(count);
    for (TokenId &token : tokens)
        token = integer(0, vocabulary - 1);
    return tokens;
}

inline bool sameBits(const State &a, const State &b)
{
    const auto left = a.download(), right = b.download();
    return left && right &&
           std::ranges::equal(left.value(), right.value(), [](const TensorImage &x, const TensorImage &y) {
               return *x.bytes == *y.bytes;
           });
}

// Runs of so many rows have the same bits however they are cut (Device::manyRows).
struct RunsAlike {
    std::size_t least, most;
    std::size_t whole; // rows at once to read a text that is not cut
};

inline std::vector<RunsAlike> runsAlike(const Device &device)
{
    if (device.manyRows == 0)
        return {{1, 70, 256}};
    const auto many = std::size_t(device.manyRows);
    return {{1, many - 1, many - 1}, {many, 2 * many, 256}};
}

// Pieces of a single row too, which a GPU backend computes in launches of another kind.
inline void checkEveryCut(const std::string &folder, const QString &backend)
{
    SKIP_WITHOUT_GOLDEN(folder);
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(goldenFile(folder, "model.pth"), makeBackendForTest(backend)));
    const std::vector<TokenId> tokens = randomTokens(200, test.opened.model->info().vocabulary);
    for (const RunsAlike &alike : runsAlike(test.runner->backend().device())) {
        REQUIRE(State whole, test.runner->newState());
        REQUIRE(const auto expected, allLogits(*test.runner, whole, tokens, alike.whole));

        for (int round = 0; round < roundsOn(backend, 8); ++round) {
            REQUIRE(State state, test.runner->newState());
            std::vector<float> logits;
            for (std::size_t at = 0; at < tokens.size();) {
                const auto wanted = std::size_t(
                    integer(0, 3) == 0 ? int(alike.least) : integer(int(alike.least), int(alike.most)));
                const std::size_t left = tokens.size() - at;
                std::size_t piece = std::min(left, wanted);
                if (left - piece < alike.least) // too few would be left for a run of this kind
                    piece = left;
                REQUIRE(const auto part,
                        allLogits(*test.runner, state, std::span(tokens).subspan(at, piece), piece));
                logits.insert(logits.end(), part.begin(), part.end());
                at += piece;
            }
            QVERIFY2(logits == expected, qPrintable(QString("runs of %1 to %2 rows, difference %3")
                                                        .arg(alike.least)
                                                        .arg(alike.most)
                                                        .arg(largestDifference(logits, expected))));
            QVERIFY(sameBits(state, whole));
        }
    }
}

inline void checkSequencesTogether(const std::string &folder, const QString &backend)
{
    SKIP_WITHOUT_GOLDEN(folder);
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(goldenFile(folder, "model.pth"), makeBackendForTest(backend)));
    Runner &runner = *test.runner;
    const int V = runner.model().info().vocabulary;
    for (const RunsAlike &alike : runsAlike(runner.backend().device())) {
        // Alone and together they are runs of one kind.
        const std::size_t least = alike.least, most = alike.most / 3;
        const std::vector<std::vector<TokenId>> texts{randomTokens(least, V),
                                                      randomTokens(std::max(least, most / 2), V),
                                                      randomTokens(std::max(least, most), V)};
        std::vector<State> states;
        for (std::size_t b = 0; b < texts.size(); ++b) {
            REQUIRE(State state, runner.newState());
            states.push_back(std::move(state));
        }
        std::vector<SequenceInput> inputs;
        for (std::size_t b = 0; b < texts.size(); ++b)
            inputs.push_back({texts[b], &states[b]});
        VERIFY_OK(runner.run(inputs, Want::LastLogits));
        std::vector<float> together(texts.size() * std::size_t(V));
        VERIFY_OK(runner.readLogits(together));

        for (std::size_t b = 0; b < texts.size(); ++b) {
            REQUIRE(State state, runner.newState());
            REQUIRE(const auto alone, allLogits(runner, state, texts[b], texts[b].size()));
            QVERIFY(sameBits(state, states[b]));
            // The head sees one row of each sequence here and every row there, runs of two kinds.
            const auto got = std::span(together).subspan(b * std::size_t(V), std::size_t(V));
            const auto expected = std::span(alone).last(std::size_t(V));
            if (alike.least == 1)
                QVERIFY(std::ranges::equal(got, expected));
            else
                QVERIFY(largestDifference(got, expected) <= kLogitTolerance);
        }
    }
}

// Several conversations, a token each, as against the same tokens one conversation after the other.
inline void checkStepsTogether(const std::string &folder, const QString &backend)
{
    SKIP_WITHOUT_GOLDEN(folder);
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(goldenFile(folder, "model.pth"), makeBackendForTest(backend)));
    Runner &runner = *test.runner;
    const int V = runner.model().info().vocabulary;
    const std::size_t count = std::size_t(integer(2, 20)), steps = 6;
    std::vector<std::vector<TokenId>> texts(count);
    std::vector<State> states;
    for (std::vector<TokenId> &text : texts) {
        text = randomTokens(steps, V);
        REQUIRE(State state, runner.newState());
        states.push_back(std::move(state));
    }
    std::vector<float> together(count * std::size_t(V));
    for (std::size_t step = 0; step < steps; ++step) {
        std::vector<SequenceInput> inputs;
        for (std::size_t b = 0; b < count; ++b)
            inputs.push_back({std::span(texts[b]).subspan(step, 1), &states[b]});
        VERIFY_OK(runner.run(inputs, Want::LastLogits));
        VERIFY_OK(runner.readLogits(together));
    }

    for (std::size_t b = 0; b < count; ++b) {
        REQUIRE(State state, runner.newState());
        REQUIRE(const auto alone, allLogits(runner, state, texts[b], steps));
        QVERIFY(std::ranges::equal(std::span(together).subspan(b * std::size_t(V), std::size_t(V)),
                                   std::span(alone).last(std::size_t(V))));
        QVERIFY(sameBits(state, states[b]));
    }
}

// A byte-level model that the authors of rwkv.cpp trained ("4v0-660K"), and their logits after `"in`.
// `tolerance` is wider for a quantised form of it: their logits are those of the float32 model.
inline void checkTinyModel(const std::string &name, const QString &backend, const std::string &form = "FP32",
                           double tolerance = 5e-4)
{
    const std::string folder = "models/rwkv.cpp-tiny/";
    const auto modelFile = sharedFile(folder + "tiny-rwkv-" + name + "-" + form + ".bin");
    const auto logitsFile = sharedFile(folder + "expected-logits-" + name + ".bin");
    if (!modelFile || !logitsFile)
        QSKIP("the trained model of rwkv.cpp is not here (it belongs to another project)");
    SKIP_WITHOUT(backend);
    REQUIRE(const auto test, openForTest(*modelFile, makeBackendForTest(backend)));
    REQUIRE(const std::string bytes, readFile(*logitsFile, 1 << 16));
    std::vector<float> expected(bytes.size() / sizeof(float));
    std::memcpy(expected.data(), bytes.data(), bytes.size());
    const std::vector<TokenId> tokens{'"', 'i', 'n'};

    for (const std::size_t chunk : {1, 3}) {
        REQUIRE(State state, test.runner->newState());
        REQUIRE(const auto logits, allLogits(*test.runner, state, tokens, chunk));
        const auto last = std::span(logits).last(256);

        const double difference = largestDifference(last, expected);
        qInfo("logits differ by %.2g", difference);
        QVERIFY2(difference <= tolerance, qPrintable(QString::number(difference)));
        QCOMPARE(std::ranges::max_element(last) - last.begin(),
                 std::ranges::max_element(expected) - expected.begin());
        double sum = 0; // what the authors' own test looks at
        for (std::size_t i = 0; i < expected.size(); ++i)
            sum += double(last[i]) - double(expected[i]);
        QVERIFY(form != "FP32" || std::abs(sum) <= 1.05e-3);
    }
}

} // namespace volary::test
