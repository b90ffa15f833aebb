// RWKV-7a: DeepEmbed on top of RWKV-7.
#include "core/io/safetensors_writer.h"
#include "tests/models/golden_model.h"

#include <QTemporaryDir>

#include <cmath>

using namespace volary;
using namespace volary::test;

namespace {

const std::string kGolden = "rwkv7a"; // beside the project: 2 MB

// The golden model of RWKV-7 with DeepEmbed added: D = 4, the factors of channel i are s0[i] plus what
// `deepen` of the table reaches.
Result<> writeDeepened(const std::filesystem::path &path, float bias, float deepen)
{
    TRY(const auto file, openTensorFile(dataFile("rwkv7/model.pth")));
    std::vector<std::vector<std::byte>> bytes;
    std::vector<TensorToWrite> tensors;
    const auto add = [&](const std::string &name, DType type, const Shape &shape,
                         std::vector<std::byte> data) {
        bytes.push_back(std::move(data));
        tensors.push_back({name, type, shape, {}});
    };
    std::int64_t C = 0, F = 0, V = 0;
    for (std::size_t i = 0; i < file->tensors().size(); ++i) {
        const TensorInfo &info = file->tensors()[i];
        std::vector<std::byte> raw(info.bytes());
        TRY_(file->read(i, raw));
        if (info.name == "emb.weight") {
            V = info.shape[0];
            C = info.shape[1];
        } else if (info.name == "blocks.0.ffn.key.weight") {
            F = info.shape[0];
        }
        add(info.name, info.type, info.shape, std::move(raw));
    }
    const auto floats = [&](const std::string &name, const Shape &shape, const std::vector<float> &numbers) {
        const auto raw = std::as_bytes(std::span(numbers));
        add(name, DType::F32, shape, {raw.begin(), raw.end()});
    };
    constexpr std::int64_t D = 4;
    for (int layer = 0; layer < 3; ++layer) {
        const std::string ffn = "blocks." + std::to_string(layer) + ".ffn.";
        floats(ffn + "s_emb.weight", {V, D * D}, normals(std::size_t(V * D * D)));
        floats(ffn + "s_emb_x.weight", {D * D, C}, normals(std::size_t(D * D * C), 0.1f));
        floats(ffn + "s1", {C, D}, normals(std::size_t(C * D), 0.1f));
        floats(ffn + "s2", {D, F}, uniforms(std::size_t(D * F), -deepen, deepen));
        floats(ffn + "s0", {1, 1, F}, std::vector<float>(std::size_t(F), bias));
    }
    for (std::size_t i = 0; i < tensors.size(); ++i)
        tensors[i].bytes = bytes[i];
    return writeSafetensors(path, tensors);
}

} // namespace

class TestRwkv7a : public QObject {
    Q_OBJECT

private slots:
    void logitsAndStatesMatchTheGoldenData_data() { forBackendsWithEveryOpAndChunks(); }
    void logitsAndStatesMatchTheGoldenData()
    {
        QFETCH(QString, backend);
        QFETCH(int, chunk);
        checkLogitsAndStates(kGolden, backend, chunk);
    }

    void continuesFromTheMiddleOfTheGoldenData_data() { forBackendsWithEveryOp(); }
    void continuesFromTheMiddleOfTheGoldenData()
    {
        QFETCH(QString, backend);
        checkMiddle(kGolden, backend);
    }

    void everyWayToCutATextGivesTheSameBits() { checkEveryCut(kGolden, "cpu"); }

    void sequencesInOneRunEqualEachAlone() { checkSequencesTogether(kGolden, "cpu"); }

    // With factors of exactly 1 it is the golden RWKV-7 model to the bit; with others it is not.
    void factorsOfOneChangeNothing()
    {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("model.safetensors").toStdString();
        const auto tokens = randomTokens(60);
        const auto logitsOf = [&](const std::filesystem::path &model) -> Result<std::vector<float>> {
            TRY(const auto test, openForTest(model, makeCpuBackend(2)));
            TRY(State state, test.runner->newState());
            return allLogits(*test.runner, state, tokens, 17);
        };
        REQUIRE(const auto expected, logitsOf(dataFile("rwkv7/model.pth")));

        VERIFY_OK(writeDeepened(path, 1, 0));
        REQUIRE(const auto same, logitsOf(path));
        QVERIFY(same == expected);

        VERIFY_OK(writeDeepened(path, 1, 0.3f));
        REQUIRE(const auto other, logitsOf(path));
        QVERIFY(largestDifference(other, expected) > 1e-3);
    }
};

QTEST_GUILESS_MAIN(TestRwkv7a)
#include "tst_rwkv7a.moc"
