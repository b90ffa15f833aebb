// Adapters of every form against merges made by an independent implementation, and what must be refused.
#include "core/base/half.h"
#include "core/io/safetensors_writer.h"
#include "core/models/adapter.h"
#include "core/models/floats.h"
#include "core/tensor/blocks.h"
#include "tests/models/golden_model.h"

#include <QTemporaryDir>

#include <set>

using namespace volary;
using namespace volary::test;

namespace {

constexpr double kTolerance = 1e-6; // of the golden data
constexpr int kAdapterVocabulary = 64;

AdapterRequest requestFor(const QString &folder)
{
    AdapterRequest request;
    request.path = dataFile("adapters/" + folder.toStdString());
    if (folder.startsWith("peft-hf"))
        return request;
    if (folder.startsWith("lora"))
        request.alpha = 32;
    if (folder.startsWith("pissa"))
        request.pissaInit = request.path / "init_pissa.pth";
    request.path /= "rwkv-0.pth";
    return request;
}

std::filesystem::path baseFor(const QString &folder)
{
    return dataFile(folder.startsWith("peft-hf") ? "adapters/peft-hf/base.safetensors"
                                                 : "adapters/base.safetensors");
}

Result<std::unique_ptr<TensorFile>> openAdapted(const std::filesystem::path &base,
                                                std::vector<AdapterRequest> adapters)
{
    TRY(auto file, openTensorFile(base));
    return adaptTensorFile(std::move(file), adapters);
}

// Empty when it is not there.
std::vector<float> numbersOf(const TensorFile &file, const std::string &name)
{
    const auto found = std::ranges::find(file.tensors(), name, &TensorInfo::name);
    if (found == file.tensors().end())
        return {};
    auto numbers = readFloats(file, std::size_t(found - file.tensors().begin()));
    return numbers ? std::move(numbers).value() : std::vector<float>();
}

Result<std::vector<float>> logitsOf(const TensorFile &file, const QString &backendName)
{
    const auto backend = makeBackendForTest(backendName);
    TRY(const OpenedModel opened, openModel(file, *backend));
    Runner runner(*opened.model, *backend);
    TRY(State state, runner.newState());
    std::vector<TokenId> tokens(40);
    for (std::size_t i = 0; i < tokens.size(); ++i)
        tokens[i] = TokenId((i * 37 + 11) % kAdapterVocabulary);
    return allLogits(runner, state, tokens, 16);
}

// One matrix as blocks.
class QuantisedBase : public TensorFile {
public:
    QuantisedBase(const TensorInfo &matrix, const std::vector<float> &numbers, DType type)
        : TensorFile("quantised.gguf"), m_tensors{{matrix.name, type, matrix.shape}},
          m_bytes(m_tensors.front().bytes())
    {
        encodeBlocks(type, numbers, m_bytes.data());
    }

    std::span<const std::byte> stored() const { return m_bytes; }
    std::string_view format() const override { return "gguf"; }
    std::span<const TensorInfo> tensors() const override { return m_tensors; }
    const std::map<std::string, std::string> &metadata() const override { return m_metadata; }
    Result<> read(std::size_t, std::span<std::byte> to) const override
    {
        std::ranges::copy(m_bytes, to.begin());
        return {};
    }

private:
    std::vector<TensorInfo> m_tensors;
    std::vector<std::byte> m_bytes;
    std::map<std::string, std::string> m_metadata;
};

} // namespace

class TestAdapter : public QObject {
    Q_OBJECT

private slots:
    void mergesAsTheGoldenData_data();
    void mergesAsTheGoldenData();
    void aMergedModelComputesWhatTheAdapterAdds_data() { forEveryBackend(); }
    void aMergedModelComputesWhatTheAdapterAdds();
    void logitsMatchTheGoldenData_data();
    void logitsMatchTheGoldenData();
    void strengthScalesWhatIsAdded_data();
    void strengthScalesWhatIsAdded();
    void fingerprintTellsAdaptersAndStrengthsApart();
    void halvesAreRoundedOnce();
    void whatIsMergedIntoBlocksBecomesHalves();
    void aTensorTrainedWholeReplacesItsBase();
    void everyModuleIsScaledByItsOwnRankAndAlpha_data();
    void everyModuleIsScaledByItsOwnRankAndAlpha();
    void doraIsRefusedByName_data();
    void doraIsRefusedByName();
    void whatIsUnknownInAConfigIsRefused_data();
    void whatIsUnknownInAConfigIsRefused();
    void whatDoesNotFitIsRefusedByName_data();
    void whatDoesNotFitIsRefusedByName();
    void loraWithoutAlphaIsRefused();
    void aDamagedFileIsAnErrorAndNothingWorse();
};

void TestAdapter::mergesAsTheGoldenData_data()
{
    QTest::addColumn<QString>("folder");
    for (const char *folder : {"bone-r16", "bone-r24", "bat-r16", "lora-r8", "pissa-r8", "peft-hf/bone-bat",
                               "peft-hf/bone-nodiv", "peft-hf/miss", "peft-hf/miss-mini", "peft-hf/lora"})
        QTest::newRow(folder) << folder;
}

void TestAdapter::mergesAsTheGoldenData()
{
    QFETCH(QString, folder);
    REQUIRE(const auto base, openTensorFile(baseFor(folder)));
    REQUIRE(const auto expected,
            openTensorFile(dataFile("adapters/" + folder.toStdString() + "/merged.safetensors")));

    REQUIRE(const auto adapted, openAdapted(baseFor(folder), {requestFor(folder)}));

    QVERIFY(expected->tensors().size() >= 3);
    double changed = 0;
    for (const TensorInfo &info : expected->tensors()) {
        const auto merged = numbersOf(*adapted, info.name);
        const double difference = largestDifference(merged, numbersOf(*expected, info.name));
        QVERIFY2(difference <= kTolerance, qPrintable(QString::number(difference)));
        changed = std::max(changed, largestDifference(merged, numbersOf(*base, info.name)));
    }
    QVERIFY(changed > 1e-3);
    if (!folder.startsWith("peft-hf"))
        QVERIFY(numbersOf(*adapted, "emb.weight") == numbersOf(*base, "emb.weight"));
}

// y = W x + D^T s, where s adds the pieces of x of length r: what the adapter does while it is not merged.
// Held to the logits of a model whose weights come out of just that, applied to each unit vector.
void TestAdapter::aMergedModelComputesWhatTheAdapterAdds()
{
    QFETCH(QString, backend);
    SKIP_WITHOUT(backend);
    REQUIRE(const auto base, openTensorFile(baseFor("bone-r24")));
    REQUIRE(const auto bone, openTensorFile(requestFor("bone-r24").path));
    std::vector<std::vector<std::byte>> bytes;
    std::vector<TensorToWrite> tensors;
    for (const TensorInfo &info : base->tensors()) {
        std::vector<float> w = numbersOf(*base, info.name);
        const std::string stem = info.name.substr(0, info.name.rfind(".weight"));
        const std::vector<float> d = numbersOf(*bone, stem + ".disha");
        if (!d.empty()) {
            const auto out = std::size_t(info.shape[0]), in = std::size_t(info.shape[1]), r = d.size() / out;
            for (std::size_t i = 0; i < in; ++i) {
                std::vector<float> s(r);
                s[i % r] += 1;
                for (std::size_t o = 0; o < out; ++o) {
                    for (std::size_t j = 0; j < r; ++j)
                        w[o * in + i] += d[j * out + o] * s[j];
                }
            }
        }
        bytes.push_back(toBytes(w, DType::F32));
        tensors.push_back({info.name, DType::F32, info.shape, {}});
    }
    for (std::size_t i = 0; i < tensors.size(); ++i)
        tensors[i].bytes = bytes[i];
    QTemporaryDir place;
    const std::filesystem::path path = place.filePath("unmerged.safetensors").toStdString();
    VERIFY_OK(writeSafetensors(path, tensors));
    REQUIRE(const auto unmerged, openTensorFile(path));
    REQUIRE(const auto adapted, openAdapted(baseFor("bone-r24"), {requestFor("bone-r24")}));

    REQUIRE(const auto logits, logitsOf(*adapted, backend));
    REQUIRE(const auto expected, logitsOf(*unmerged, backend));
    REQUIRE(const auto plain, logitsOf(*base, backend));

    QVERIFY(largestDifference(logits, expected) <= kLogitTolerance);
    QVERIFY(largestDifference(logits, plain) > 100 * kLogitTolerance);
}

void TestAdapter::logitsMatchTheGoldenData_data()
{
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("backend");
    for (const char *folder : {"bone-r16", "bat-r16", "lora-r8"}) {
        for (const char *backend : {"reference", "cpu", "cuda", "vulkan"})
            QTest::addRow("%s, %s", folder, backend) << folder << backend;
    }
}

// Of a trainer that never merges: it computes W x and adds what the adapter says.
void TestAdapter::logitsMatchTheGoldenData()
{
    QFETCH(QString, folder);
    QFETCH(QString, backend);
    SKIP_WITHOUT(backend);
    const std::string place = "adapters/" + folder.toStdString();
    REQUIRE(const Golden golden, Golden::read(dataFile(place + "/logits.safetensors")));
    REQUIRE(const auto file, openAdapted(baseFor(folder), {requestFor(folder)}));
    const auto device = makeBackendForTest(backend);
    REQUIRE(const OpenedModel opened, openModel(*file, *device));
    Runner runner(*opened.model, *device);
    std::vector<float> logits;
    for (const char *sequence : {"first", "second"}) {
        REQUIRE(const auto tokens, readTokens(dataFile("adapters/tokens.json"), sequence));
        REQUIRE(State state, runner.newState());
        REQUIRE(const auto part, allLogits(runner, state, tokens, 16));
        logits.insert(logits.end(), part.begin(), part.end());
    }

    const double difference = largestDifference(logits, golden.floats("logits"));

    QVERIFY2(difference <= kLogitTolerance, qPrintable(QString::number(difference)));
}

void TestAdapter::strengthScalesWhatIsAdded_data()
{
    mergesAsTheGoldenData_data();
}

void TestAdapter::strengthScalesWhatIsAdded()
{
    QFETCH(QString, folder);
    REQUIRE(const auto base, openTensorFile(baseFor(folder)));
    AdapterRequest half = requestFor(folder);
    half.strength = 0.5;
    REQUIRE(const auto whole, openAdapted(baseFor(folder), {requestFor(folder)}));

    REQUIRE(const auto adapted, openAdapted(baseFor(folder), {half}));

    for (const TensorInfo &info : base->tensors()) {
        const auto w = numbersOf(*base, info.name), full = numbersOf(*whole, info.name);
        std::vector<float> middle(w.size());
        for (std::size_t i = 0; i < w.size(); ++i)
            middle[i] = (w[i] + full[i]) / 2;
        QVERIFY(largestDifference(numbersOf(*adapted, info.name), middle) <= kTolerance);
    }
}

void TestAdapter::fingerprintTellsAdaptersAndStrengthsApart()
{
    const auto fingerprint = [](const std::vector<AdapterRequest> &adapters) {
        const auto backend = makeReferenceBackend();
        const auto file = openAdapted(baseFor("bone-r16"), adapters);
        const auto opened =
            file ? openModel(*file.value(), *backend) : Result<OpenedModel>(Error(file.error()));
        return opened ? opened.value().weights.fingerprint : opened.error().what;
    };
    AdapterRequest half = requestFor("bone-r16");
    half.strength = 0.5;
    const std::vector<std::string> all{
        fingerprint({}), fingerprint({half}), fingerprint({requestFor("bone-r16")}),
        fingerprint({requestFor("lora-r8")}), fingerprint({requestFor("lora-r8"), half})};

    QCOMPARE(std::set<std::string>(all.begin(), all.end()).size(), all.size());
    QCOMPARE(fingerprint({half}), all[1]);
    for (const std::string &one : all)
        QCOMPARE(one.size(), std::size_t(64));
}

// Blocks would lose more than many an adapter adds.
void TestAdapter::whatIsMergedIntoBlocksBecomesHalves()
{
    const std::string name = "blocks.0.att.key.weight";
    REQUIRE(const auto file, openTensorFile(baseFor("bone-r16")));
    const TensorInfo matrix = *std::ranges::find(file->tensors(), name, &TensorInfo::name);
    QTemporaryDir place;
    AdapterRequest request;
    request.path = place.filePath("adapter.safetensors").toStdString();
    const std::vector<float> change = normals(16 * std::size_t(matrix.shape[0]), 0.1f);
    const std::vector<TensorToWrite> tensors{
        {"blocks.0.att.key.disha", DType::F32, {16, matrix.shape[0]}, std::as_bytes(std::span(change))}};
    VERIFY_OK(writeSafetensors(request.path, tensors));
    for (const DType type : {DType::Q8_0, DType::Q4_0}) {
        auto base = std::make_unique<QuantisedBase>(matrix, numbersOf(*file, name), type);
        const std::vector<float> before = toFloats(base->stored(), type);

        REQUIRE(const auto adapted, adaptTensorFile(std::move(base), {request}));

        QCOMPARE(adapted->tensors().front().type, DType::F16);
        const std::vector<float> after = numbersOf(*adapted, name);
        QCOMPARE(after.size(), before.size());
        const auto inputs = std::size_t(matrix.shape[1]), outputs = std::size_t(matrix.shape[0]);
        for (std::size_t o = 0; o < outputs; ++o) {
            for (std::size_t i = 0; i < inputs; ++i) {
                const float exact = before[o * inputs + i] + change[i % 16 * outputs + o];
                QCOMPARE(after[o * inputs + i], f16ToFloat(floatToF16(exact)));
            }
        }
    }
}

void TestAdapter::halvesAreRoundedOnce()
{
    REQUIRE(const auto base, openTensorFile(baseFor("lora-r8")));
    const std::string name = "blocks.0.att.key.weight";
    const auto found = std::ranges::find(base->tensors(), name, &TensorInfo::name);
    QTemporaryDir place;
    for (const DType type : {DType::F16, DType::BF16}) {
        const std::vector<std::byte> stored = toBytes(numbersOf(*base, name), type);
        const std::filesystem::path path = place.filePath("half.safetensors").toStdString();
        const std::vector<TensorToWrite> tensors{{name, type, found->shape, stored}};
        VERIFY_OK(writeSafetensors(path, tensors));
        const std::vector<float> rounded = toFloats(stored, type);
        const auto wide = toBytes(rounded, DType::F32);
        const std::filesystem::path widePath = place.filePath("wide.safetensors").toStdString();
        const std::vector<TensorToWrite> wideTensors{{name, DType::F32, found->shape, wide}};
        VERIFY_OK(writeSafetensors(widePath, wideTensors));
        REQUIRE(const auto adapter, openTensorFile(requestFor("lora-r8").path));
        // An adapter of this one tensor.
        const std::filesystem::path small = place.filePath("small.safetensors").toStdString();
        const auto a = toBytes(numbersOf(*adapter, "blocks.0.att.key.lora_A"), DType::F32);
        const auto b = toBytes(numbersOf(*adapter, "blocks.0.att.key.lora_B"), DType::F32);
        const std::vector<TensorToWrite> factors{{"blocks.0.att.key.lora_A", DType::F32, {8, 64}, a},
                                                 {"blocks.0.att.key.lora_B", DType::F32, {64, 8}, b}};
        VERIFY_OK(writeSafetensors(small, factors));
        AdapterRequest request;
        request.path = small;
        request.alpha = 32;

        REQUIRE(const auto half, openAdapted(path, {request}));
        REQUIRE(const auto exact, openAdapted(widePath, {request}));

        const auto expected = toFloats(toBytes(numbersOf(*exact, name), type), type);
        QVERIFY(numbersOf(*half, name) == expected);
    }
}

void TestAdapter::aTensorTrainedWholeReplacesItsBase()
{
    QTemporaryDir place;
    AdapterRequest request;
    request.path = place.filePath("norms.safetensors").toStdString();
    const std::vector<float> norm(64, 1.5f);
    const std::vector<TensorToWrite> tensors{
        {"blocks.1.ln2.weight", DType::F32, {64}, std::as_bytes(std::span(norm))}};
    VERIFY_OK(writeSafetensors(request.path, tensors));

    REQUIRE(const auto adapted, openAdapted(baseFor("bone-r16"), {request}));

    QVERIFY(numbersOf(*adapted, "blocks.1.ln2.weight") == norm);
}

void TestAdapter::everyModuleIsScaledByItsOwnRankAndAlpha_data()
{
    QTest::addColumn<QByteArray>("config");
    QTest::addColumn<int>("keyRank");
    QTest::addColumn<double>("keyScale");
    QTest::addColumn<double>("valueScale"); // of rank 4
    const auto row = [](const char *name, const QByteArray &more, int rank, double key, double value) {
        QTest::newRow(name) << QByteArray(R"({"peft_type":"LORA","r":4,"lora_alpha":8)") + more + "}" << rank
                            << key << value;
    };
    row("plain", "", 4, 2, 2);
    row("rsLoRA", R"(,"use_rslora":true)", 4, 4, 4);
    row("rsLoRA false", R"(,"use_rslora":false)", 4, 2, 2);
    row("rank_pattern", R"(,"rank_pattern":{"key":16})", 16, 0.5, 2);
    row("rank_pattern of the whole name", R"(,"rank_pattern":{"blocks.0.att.key":2})", 2, 4, 2);
    row("alpha_pattern", R"(,"alpha_pattern":{"att.key":6})", 4, 1.5, 2);
    row("both", R"(,"rank_pattern":{"key":16},"alpha_pattern":{"key":4,"value":2})", 16, 0.25, 0.5);
    row("all", R"(,"use_rslora":true,"rank_pattern":{"key":16},"alpha_pattern":{"key":4})", 16, 1, 4);
    row("pattern that ends alike", R"(,"alpha_pattern":{"ey":6})", 4, 2, 2);
}

// W + scale B A, with random factors; the scales are worked out by hand from the definition, alpha / r or
// alpha / sqrt(r).
void TestAdapter::everyModuleIsScaledByItsOwnRankAndAlpha()
{
    QFETCH(QByteArray, config);
    QFETCH(int, keyRank);
    QFETCH(double, keyScale);
    QFETCH(double, valueScale);
    constexpr int kWidth = 3, kValueRank = 4;
    const auto random = [](int count) {
        std::vector<float> numbers(static_cast<std::size_t>(count));
        for (float &number : numbers)
            number = float(integer(-1000, 1000)) / 1000;
        return numbers;
    };
    struct Module {
        std::string name;
        int rank;
        double scale;
        std::vector<float> w, a, b;
    };
    std::vector<Module> modules{{"blocks.0.att.key", keyRank, keyScale, {}, {}, {}},
                                {"blocks.0.att.value", kValueRank, valueScale, {}, {}, {}}};
    std::vector<TensorToWrite> base, adapter;
    for (Module &m : modules) {
        m.w = random(kWidth * kWidth);
        m.a = random(m.rank * kWidth);
        m.b = random(kWidth * m.rank);
        const std::string stem = "base_model.model." + m.name;
        base.push_back({m.name + ".weight", DType::F32, {kWidth, kWidth}, std::as_bytes(std::span(m.w))});
        adapter.push_back(
            {stem + ".lora_A.weight", DType::F32, {m.rank, kWidth}, std::as_bytes(std::span(m.a))});
        adapter.push_back(
            {stem + ".lora_B.weight", DType::F32, {kWidth, m.rank}, std::as_bytes(std::span(m.b))});
    }
    QTemporaryDir place;
    AdapterRequest request;
    request.path = place.path().toStdString();
    const auto basePath = request.path / "base.safetensors";
    VERIFY_OK(writeSafetensors(basePath, base));
    VERIFY_OK(writeSafetensors(request.path / "adapter_model.safetensors", adapter));
    VERIFY_OK(writeFileAtomically(request.path / "adapter_config.json",
                                  std::as_bytes(std::span(config.constData(), std::size_t(config.size())))));

    REQUIRE(const auto adapted, openAdapted(basePath, {request}));

    for (const Module &m : modules) {
        std::vector<float> expected = m.w;
        for (int o = 0; o < kWidth; ++o) {
            for (int i = 0; i < kWidth; ++i) {
                double sum = 0;
                for (int j = 0; j < m.rank; ++j)
                    sum +=
                        double(m.b[std::size_t(o * m.rank + j)]) * double(m.a[std::size_t(j * kWidth + i)]);
                expected[std::size_t(o * kWidth + i)] += float(m.scale * sum);
            }
        }
        QVERIFY(largestDifference(numbersOf(*adapted, m.name + ".weight"), expected) <= kTolerance * 10);
    }
}

void TestAdapter::doraIsRefusedByName_data()
{
    QTest::addColumn<QByteArray>("config");
    QTest::newRow("by its config") << QByteArray(R"({"peft_type":"LORA","r":1,"use_dora":true})");
    QTest::newRow("by its tensors") << QByteArray(R"({"peft_type":"LORA","r":1,"lora_alpha":1})");
}

void TestAdapter::doraIsRefusedByName()
{
    QFETCH(QByteArray, config);
    const std::vector<float> ones(64, 1);
    const auto bytes = std::as_bytes(std::span(ones));
    const std::string stem = "base_model.model.blocks.0.att.key.lora_";
    const std::vector<TensorToWrite> tensors{{stem + "A.weight", DType::F32, {1, 64}, bytes},
                                             {stem + "B.weight", DType::F32, {64, 1}, bytes},
                                             {stem + "magnitude_vector", DType::F32, {64}, bytes}};
    QTemporaryDir place;
    AdapterRequest request;
    request.path = place.path().toStdString();
    VERIFY_OK(writeSafetensors(request.path / "adapter_model.safetensors", tensors));
    VERIFY_OK(writeFileAtomically(request.path / "adapter_config.json",
                                  std::as_bytes(std::span(config.constData(), std::size_t(config.size())))));

    const auto adapted = openAdapted(baseFor("bone-r16"), {request});

    QVERIFY(!adapted);
    QCOMPARE(adapted.error().code, ErrorCode::Unsupported);
    QVERIFY2(adapted.error().what.find("It uses DoRA") != std::string::npos, adapted.error().what.c_str());
    QVERIFY(!adapted.error().remedy.empty());
}

void TestAdapter::whatIsUnknownInAConfigIsRefused_data()
{
    QTest::addColumn<QByteArray>("config");
    QTest::addColumn<QString>("named");
    QTest::newRow("no JSON") << QByteArray("{") << "adapter_config.json";
    QTest::newRow("no type") << QByteArray("{}") << "peft_type";
    QTest::newRow("type") << QByteArray(R"({"peft_type":"LOHA"})") << "LOHA";
    QTest::newRow("DoRA") << QByteArray(R"({"peft_type":"LORA","use_dora":true})") << "use_dora";
    QTest::newRow("transposed") << QByteArray(R"({"peft_type":"LORA","fan_in_fan_out":true})")
                                << "fan_in_fan_out";
    QTest::newRow("PiSSA") << QByteArray(R"({"peft_type":"LORA","init_lora_weights":"pissa"})") << "PiSSA";
    QTest::newRow("rank") << QByteArray(R"({"peft_type":"LORA","r":0})") << "rank";
    QTest::newRow("alpha") << QByteArray(R"({"peft_type":"LORA","lora_alpha":"x"})") << "lora_alpha";
    QTest::newRow("expression") << QByteArray(R"({"peft_type":"LORA","alpha_pattern":{".*q":3}})") << ".*q";
    QTest::newRow("init") << QByteArray(R"({"peft_type":"MISS","init_weights":"cat"})") << "cat";
    QTest::newRow("mini in Bone") << QByteArray(R"({"peft_type":"BONE","init_weights":"mini"})") << "mini";
}

void TestAdapter::whatIsUnknownInAConfigIsRefused()
{
    QFETCH(QByteArray, config);
    QFETCH(QString, named);

    const auto parsed = PeftConfig::parse(config.toStdString());

    QVERIFY(!parsed);
    QVERIFY2(parsed.error().what.find(named.toStdString()) != std::string::npos, parsed.error().what.c_str());
}

void TestAdapter::whatDoesNotFitIsRefusedByName_data()
{
    QTest::addColumn<QString>("tensor");
    QTest::addColumn<QVector<int>>("shape");
    QTest::newRow("outputs") << "blocks.0.att.key.disha" << QVector<int>{16, 32};
    QTest::newRow("blocks") << "blocks.0.att.key.disha" << QVector<int>{2, 16, 16};
    QTest::newRow("empty") << "blocks.0.att.key.disha" << QVector<int>{0, 64};
    QTest::newRow("layer") << "blocks.7.att.key.disha" << QVector<int>{16, 64};
    QTest::newRow("no matrix") << "blocks.0.ln1.bone" << QVector<int>{16, 64};
    QTest::newRow("size") << "blocks.0.ln1.weight" << QVector<int>{65};
    QTest::newRow("factor alone") << "blocks.0.att.key.lora_B" << QVector<int>{64, 8};
    QTest::newRow("magnitude") << "blocks.0.att.key.lora_M" << QVector<int>{1, 64};
    QTest::newRow("state") << "blocks.0.att.time_state" << QVector<int>{2, 32, 32};
}

void TestAdapter::whatDoesNotFitIsRefusedByName()
{
    QFETCH(QString, tensor);
    QFETCH(QVector<int>, shape);
    std::vector<std::int64_t> extents(shape.begin(), shape.end());
    const Shape checked = *Shape::checked(extents);
    const std::vector<float> zeros(std::size_t(checked.elements()));
    QTemporaryDir place;
    AdapterRequest request;
    request.path = place.filePath("adapter.safetensors").toStdString();
    request.alpha = 32;
    const std::vector<TensorToWrite> tensors{
        {tensor.toStdString(), DType::F32, checked, std::as_bytes(std::span(zeros))}};
    VERIFY_OK(writeSafetensors(request.path, tensors));

    const auto adapted = openAdapted(baseFor("bone-r16"), {request});

    QVERIFY(!adapted);
    const std::string stem = tensor.section('.', 0, 3).section(".disha", 0, 0).toStdString();
    QVERIFY2(adapted.error().what.find(stem) != std::string::npos, adapted.error().what.c_str());
}

void TestAdapter::loraWithoutAlphaIsRefused()
{
    AdapterRequest request = requestFor("lora-r8");
    request.alpha.reset();

    const auto adapted = openAdapted(baseFor("lora-r8"), {request});

    QVERIFY(!adapted);
    QVERIFY(adapted.error().remedy.find("--adapter-alpha") != std::string::npos);
}

void TestAdapter::aDamagedFileIsAnErrorAndNothingWorse()
{
    REQUIRE(const std::string whole, readFile(requestFor("bone-r16").path, 1 << 20));
    QTemporaryDir place;
    AdapterRequest request;
    request.path = place.filePath("adapter.pth").toStdString();
    for (int round = 0; round < 60; ++round) {
        std::string damaged = whole;
        if (round % 2 == 0)
            damaged.resize(std::size_t(integer(0, int(whole.size()) - 1)));
        else
            for (int i = 0; i < 20; ++i)
                damaged[std::size_t(integer(0, int(whole.size()) - 1))] ^= char(integer(1, 255));
        VERIFY_OK(writeFileAtomically(request.path, std::as_bytes(std::span(damaged))));

        const auto adapted = openAdapted(baseFor("bone-r16"), {request});

        if (round % 2 == 0)
            QVERIFY(!adapted);
        for (std::size_t i = 0; adapted && i < adapted.value()->tensors().size(); ++i) {
            std::vector<std::byte> bytes(adapted.value()->tensors()[i].bytes());
            const auto read = adapted.value()->read(i, bytes); // fails or gives some numbers
            QVERIFY(read || !read.error().what.empty());
        }
    }
}

QTEST_GUILESS_MAIN(TestAdapter)
#include "tst_adapter.moc"
