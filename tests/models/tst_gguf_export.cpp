// Models written as GGUF files are the same models; quantised ones stay close; what llama.cpp does
// differently is undone.
#include "core/engine/gguf_vocabulary.h"
#include "core/models/floats.h"
#include "core/models/gguf_export.h"
#include "core/models/model_file.h"
#include "core/session/compare.h"
#include "core/text/world_tokenizer.h"
#include "tests/models/golden_model.h"

#include <QTemporaryDir>

#include <cmath>

using namespace volary;
using namespace volary::test;

namespace {

struct Source {
    const char *file; // of the golden data
    const char *architecture;
    double q8, q4; // the largest divergence, three times what was measured
};
constexpr Source kSources[]{{"rwkv4/model.pth", "rwkv4", 0.0005, 0.025},
                            {"rwkv5.0/model.pth", "rwkv5", 0.004, 0.3},
                            {"rwkv5.1/model.pth", "rwkv5", 0.0012, 0.15},
                            {"rwkv5.2/model.pth", "rwkv5", 0.0012, 0.1},
                            {"rwkv6/model.pth", "rwkv6", 0.0012, 0.1},
                            {"rwkv7/model.pth", "rwkv7", 0.003, 0.3},
                            {"goldfinch/model.safetensors", "goldfinch", 0.004, 0.25},
                            {"arwkv7/gate-norm-tied/model.safetensors", "arwkv7", 0.03, 1},
                            {"qrwkv6/qrwkv6-ranks/model.safetensors", "rwkv6qwen2", 0.0006, 0.06}};

Result<Json> settingsBeside(const std::filesystem::path &model)
{
    const auto path = model.parent_path() / "config.json";
    if (!std::filesystem::exists(path))
        return Json();
    TRY(const std::string text, readFile(path, 1 << 20));
    return Json::parse(text);
}

std::vector<TokenId> someTokens(int vocabulary)
{
    std::vector<TokenId> tokens;
    for (int i = 0; i < 70; ++i)
        tokens.push_back(integer(0, vocabulary - 1));
    return tokens;
}

Result<> exportTo(const std::filesystem::path &from, const std::filesystem::path &to,
                  std::optional<DType> type)
{
    const auto backend = makeReferenceBackend();
    TRY(const ModelFile file, openModelFile(from));
    TRY(const OpenedModel opened, openModel(*file.tensors, *backend));
    TRY(const Json settings, settingsBeside(from));
    return exportGguf(*file.tensors, opened.model->info(), to,
                      {.name = "test", .type = type, .settings = settings, .vocabulary = {}, .progress = {}});
}

Result<std::vector<float>> logitsOf(const std::filesystem::path &path, const std::vector<TokenId> &tokens)
{
    TRY(const auto test, openForTest(path, makeCpuBackend(2)));
    TRY(State state, test.runner->newState());
    return allLogits(*test.runner, state, tokens, 64);
}

// A GGUF file in memory, to be changed and written again.
struct Editable {
    GgufKeys keys;
    std::vector<GgufTensor> tensors;
    std::vector<std::vector<std::byte>> bytes;

    static Result<Editable> read(const std::filesystem::path &path,
                                 const std::vector<const char *> &numberKeys)
    {
        TRY(const auto file, openTensorFile(path));
        const auto metadata = ggufMetadata(*file);
        Editable editable;
        editable.keys.emplace_back("general.architecture",
                                   GgufValue{*metadata->string("general.architecture")});
        for (const char *key : numberKeys)
            editable.keys.emplace_back(key, GgufValue{*metadata->integer(key)});
        for (std::size_t i = 0; i < file->tensors().size(); ++i) {
            const TensorInfo &info = file->tensors()[i];
            editable.tensors.push_back({info.name, info.type, info.shape});
            editable.bytes.emplace_back(info.bytes());
            TRY_(file->read(i, editable.bytes.back()));
        }
        return editable;
    }

    Result<> write(const std::filesystem::path &path) const
    {
        return writeGguf(path, keys, tensors,
                         [&](std::size_t i) { return Result<std::vector<std::byte>>(bytes[i]); });
    }
};

} // namespace

class TestGgufExport : public QObject {
    Q_OBJECT

private slots:
    void aModelWrittenIsTheSameModel_data();
    void aModelWrittenIsTheSameModel();
    void quantisedModelsStayClose_data();
    void quantisedModelsStayClose();
    void rescaledOutputsAreScaledBack_data();
    void rescaledOutputsAreScaledBack();
    void singleMixesOfOlderFilesAreRead();
    void keysThatContradictShapesAreNamed_data();
    void keysThatContradictShapesAreNamed();
    void architecturesThatAreNotOursAreNamed();
    void worldVocabulariesComeBack();
    void aCancelledExportLeavesNothing();

private:
    std::filesystem::path file(const char *name) const { return m_folder.filePath(name).toStdString(); }

    QTemporaryDir m_folder;
};

void TestGgufExport::aModelWrittenIsTheSameModel_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("architecture");
    for (const Source &source : kSources)
        QTest::newRow(source.file) << source.file << source.architecture;
}

void TestGgufExport::aModelWrittenIsTheSameModel()
{
    QFETCH(QString, source);
    QFETCH(QString, architecture);
    SKIP_WITHOUT_GOLDEN(source.toStdString());
    const auto original = *goldenPath(source.toStdString());
    VERIFY_OK(exportTo(original, file("same.gguf"), std::nullopt));
    REQUIRE(const auto raw, openTensorFile(file("same.gguf")));
    QCOMPARE(*ggufMetadata(*raw)->string("general.architecture"), architecture.toStdString());

    REQUIRE(const auto opened, openForTest(original, makeReferenceBackend()));
    const auto tokens = someTokens(opened.opened.model->info().vocabulary);
    REQUIRE(const auto expected, logitsOf(original, tokens));
    REQUIRE(const auto got, logitsOf(file("same.gguf"), tokens));

    QVERIFY(got == expected); // to the bit
}

// Q8_0 keeps 8 bits of every weight, Q4_K about 4.5: random weights, as these models have, compress worst.
void TestGgufExport::quantisedModelsStayClose_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<int>("type");
    QTest::addColumn<double>("most");
    for (const Source &source : kSources) {
        QTest::addRow("%s q8_0", source.file) << source.file << int(DType::Q8_0) << source.q8;
        QTest::addRow("%s q4_0", source.file) << source.file << int(DType::Q4_0) << source.q4;
    }
}

void TestGgufExport::quantisedModelsStayClose()
{
    QFETCH(QString, source);
    QFETCH(int, type);
    QFETCH(double, most);
    SKIP_WITHOUT_GOLDEN(source.toStdString());
    const auto original = *goldenPath(source.toStdString());
    VERIFY_OK(exportTo(original, file("small.gguf"), DType(type)));
    REQUIRE(const auto before, openForTest(original, makeCpuBackend(2)));
    REQUIRE(const auto after, openForTest(file("small.gguf"), makeCpuBackend(2)));
    // The same tokens every time: a few of them are predicted so surely by random weights that they decide
    // the mean.
    std::vector<TokenId> tokens;
    for (int i = 0; i < 70; ++i)
        tokens.push_back((i * 37 + 11) % before.opened.model->info().vocabulary);

    REQUIRE(const ModelComparison c, compareModels(*before.runner, *after.runner, tokens, 64));

    qInfo("mean divergence %.2g", c.meanDivergence);
    QVERIFY2(c.meanDivergence <= most, qPrintable(QString::number(c.meanDivergence)));
    QVERIFY(c.meanDivergence > 0);
    QVERIFY(std::filesystem::file_size(file("small.gguf")) < std::filesystem::file_size(original));
}

void TestGgufExport::rescaledOutputsAreScaledBack_data()
{
    QTest::addColumn<int>("type");
    QTest::newRow("as stored") << -1;
    for (const DType type : {DType::Q8_0, DType::Q4_0, DType::Q5_1})
        QTest::newRow(name(type).data()) << int(type);
}

// Divides what rescale_every_n_layers divides, says so, and expects the logits of before.
void TestGgufExport::rescaledOutputsAreScaledBack()
{
    QFETCH(int, type);
    VERIFY_OK(exportTo(dataFile("rwkv6/model.pth"), file("plain.gguf"),
                       type < 0 ? std::nullopt : std::optional(DType(type))));
    REQUIRE(Editable edited, Editable::read(file("plain.gguf"), {"rwkv6.wkv.head_size"}));
    edited.keys.emplace_back("rwkv6.rescale_every_n_layers", GgufValue{std::int64_t(1)});
    int changed = 0;
    for (std::size_t i = 0; i < edited.tensors.size(); ++i) {
        const std::string &name = edited.tensors[i].name;
        if (!name.ends_with("time_mix_output.weight") && !name.ends_with("channel_mix_value.weight"))
            continue;
        const int layer = name[4] - '0';
        const DType stored = edited.tensors[i].type;
        auto &bytes = edited.bytes[i];
        if (isQuantised(stored)) {
            for (std::size_t at = 0; at < bytes.size(); at += bytesPerBlock(stored)) {
                for (std::size_t half = 0; half <= std::size_t(stored == DType::Q5_1 ? 2 : 0); half += 2) {
                    std::uint16_t scale;
                    std::memcpy(&scale, &bytes[at + half], 2);
                    scale = floatToF16(std::ldexp(f16ToFloat(scale), -layer));
                    std::memcpy(&bytes[at + half], &scale, 2);
                }
            }
        } else {
            std::vector<float> numbers = volary::toFloats(bytes, stored);
            for (float &number : numbers)
                number = std::ldexp(number, -layer);
            bytes = toBytes(numbers, stored);
        }
        ++changed;
    }
    QCOMPARE(changed, 6);
    VERIFY_OK(edited.write(file("rescaled.gguf")));

    const auto tokens = someTokens(kVocabulary);
    REQUIRE(const auto expected, logitsOf(file("plain.gguf"), tokens));
    REQUIRE(const auto got, logitsOf(file("rescaled.gguf"), tokens));
    // Halving may cost scales near the smallest half floats their last bits.
    QVERIFY(largestDifference(got, expected) <= (type < 0 ? 0 : 0.02));
}

void TestGgufExport::singleMixesOfOlderFilesAreRead()
{
    VERIFY_OK(exportTo(dataFile("rwkv6/model.pth"), file("fused.gguf"), std::nullopt));
    REQUIRE(const Editable fused, Editable::read(file("fused.gguf"), {"rwkv6.wkv.head_size"}));
    Editable single{.keys = fused.keys, .tensors = {}, .bytes = {}};
    for (std::size_t i = 0; i < fused.tensors.size(); ++i) {
        const std::string &name = fused.tensors[i].name;
        const std::size_t at = name.find("fused");
        if (at == std::string::npos) {
            single.tensors.push_back(fused.tensors[i]);
            single.bytes.push_back(fused.bytes[i]);
            continue;
        }
        const std::size_t row = fused.bytes[i].size() / 5;
        for (std::size_t letter = 0; letter < 5; ++letter) {
            const auto begin = fused.bytes[i].begin() + std::ptrdiff_t(letter * row);
            single.tensors.push_back({name.substr(0, at) + "wkvrg"[letter] + ".weight", fused.tensors[i].type,
                                      Shape{fused.tensors[i].shape[3]}});
            single.bytes.emplace_back(begin, begin + std::ptrdiff_t(row));
        }
    }
    QCOMPARE(single.tensors.size(), fused.tensors.size() + 3 * 4);
    VERIFY_OK(single.write(file("single.gguf")));
    const auto tokens = someTokens(kVocabulary);
    REQUIRE(const auto expected, logitsOf(file("fused.gguf"), tokens));
    REQUIRE(const auto got, logitsOf(file("single.gguf"), tokens));
    QVERIFY(got == expected);
}

void TestGgufExport::keysThatContradictShapesAreNamed_data()
{
    QTest::addColumn<qint64>("value");
    for (const char *key : {"embedding_length", "block_count", "feed_forward_length", "wkv.head_size",
                            "attention.decay_lora_rank"})
        QTest::newRow(key) << qint64(7);
    QTest::newRow("wkv.head_size ") << qint64(0);
}

void TestGgufExport::keysThatContradictShapesAreNamed()
{
    QFETCH(qint64, value);
    const std::string key = "rwkv7." + QString(QTest::currentDataTag()).trimmed().toStdString();
    VERIFY_OK(exportTo(dataFile("rwkv7/model.pth"), file("good.gguf"), std::nullopt));
    REQUIRE(Editable edited, Editable::read(file("good.gguf"), {"rwkv7.wkv.head_size"}));
    std::erase_if(edited.keys, [&](const auto &each) { return each.first == key; });
    edited.keys.emplace_back(key, GgufValue{std::int64_t(value)});
    VERIFY_OK(edited.write(file("bad.gguf")));
    const auto opened = openModelFile(file("bad.gguf"));
    QVERIFY(!opened);
    QVERIFY2(opened.error().what.find(key) != std::string::npos, opened.error().what.c_str());
}

void TestGgufExport::architecturesThatAreNotOursAreNamed()
{
    const std::vector<GgufTensor> tensors{{"token_embd.weight", DType::F32, Shape{2, 2}}};
    VERIFY_OK(
        writeGguf(file("llama.gguf"), {{"general.architecture", GgufValue{std::string("llama")}}}, tensors,
                  [](std::size_t) { return Result<std::vector<std::byte>>(std::vector<std::byte>(16)); }));
    const auto opened = openModelFile(file("llama.gguf"));
    QVERIFY(!opened);
    QVERIFY2(opened.error().what.find("llama") != std::string::npos, opened.error().what.c_str());
}

void TestGgufExport::worldVocabulariesComeBack()
{
    WorldVocabulary tokens(1);
    for (int byte = 0; byte < 256; ++byte)
        tokens.emplace_back(1, char(byte));
    tokens.emplace_back(); // an id that is not in use
    for (const char *text : {"\n\n", "it's", "a \"b\" \\n", "\t\r\n", "中", "\xE4\xB8"})
        tokens.emplace_back(text);
    const auto original = worldTokenizer(tokens);
    const GgufKeys keys = ggufVocabulary(*original);
    QCOMPARE(keys.size(), std::size_t(3));
    std::map<std::string, GgufValue, std::less<>> values(keys.begin(), keys.end());
    REQUIRE(const auto back, ggufTokenizer(GgufMetadata(values), 512));
    QCOMPARE(back->identity(), original->identity());
    QVERIFY(!ggufTokenizer(GgufMetadata(values), 100)); // more tokens than rows
    values["tokenizer.ggml.model"] = GgufValue{std::string("llama")};
    QVERIFY(!ggufTokenizer(GgufMetadata(values), 512));
}

void TestGgufExport::aCancelledExportLeavesNothing()
{
    const auto backend = makeReferenceBackend();
    REQUIRE(const ModelFile model, openModelFile(dataFile("rwkv7/model.pth")));
    REQUIRE(const OpenedModel opened, openModel(*model.tensors, *backend));
    const auto exported = exportGguf(*model.tensors, opened.model->info(), file("never.gguf"),
                                     {.name = "test",
                                      .type = DType::Q8_0,
                                      .settings = {},
                                      .vocabulary = {},
                                      .progress = [](double fraction) { return fraction < 0.5; }});
    QVERIFY(!exported);
    QVERIFY(exported.error().code == ErrorCode::Cancelled);
    QVERIFY(QDir(m_folder.path()).entryList({"*never*"}, QDir::AllEntries | QDir::Hidden).isEmpty());
}

QTEST_GUILESS_MAIN(TestGgufExport)
#include "tst_gguf_export.moc"
