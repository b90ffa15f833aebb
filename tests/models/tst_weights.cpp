// Loading weights: what is wrong is named, what is right gets one fingerprint.
#include "core/io/safetensors_writer.h"
#include "core/models/registry.h"
#include "kernels/reference/backend.h"
#include "tests/support/golden.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QTest>

using namespace volary;
using namespace volary::test;

namespace {

// A model file in memory, to be damaged and written.
struct Copy {
    struct Part {
        TensorInfo info;
        std::vector<std::byte> bytes;
    };
    std::vector<Part> parts;

    static Result<Copy> of(const std::filesystem::path &path)
    {
        TRY(const auto file, openTensorFile(path));
        Copy copy;
        for (std::size_t i = 0; i < file->tensors().size(); ++i) {
            Part part{file->tensors()[i], std::vector<std::byte>(file->tensors()[i].bytes())};
            TRY_(file->read(i, part.bytes));
            copy.parts.push_back(std::move(part));
        }
        return copy;
    }

    Part &part(const std::string &name)
    {
        return *std::ranges::find_if(parts, [&](const Part &p) { return p.info.name == name; });
    }

    Result<> write(const std::filesystem::path &path) const
    {
        std::vector<TensorToWrite> tensors;
        for (const Part &p : parts)
            tensors.push_back({p.info.name, p.info.type, p.info.shape, p.bytes});
        return writeSafetensors(path, tensors);
    }
};

} // namespace

class TestWeights : public QObject {
    Q_OBJECT

private slots:
    void init();
    void fingerprintDependsOnEveryByteAndOnNoContainer();
    void missingTensorIsNamed();
    void missingLayerIsNamed();
    void wrongShapeIsNamedWithBothShapes();
    void integerWeightsAreRefused();
    void contradictingShapesAreRefused();
    void unknownArchitectureIsNamedByItsTensor();
    void loadingCanBeCancelled();
    void unusedTensorsAreListed();
    void matricesTakeTheWantedType();

private:
    std::filesystem::path file(const char *name) const { return m_folder->filePath(name).toStdString(); }
    Result<OpenedModel> open(const std::filesystem::path &path, LoadOptions options = {})
    {
        TRY(const auto tensors, openTensorFile(path));
        return openModel(*tensors, *m_backend, std::move(options));
    }
    // The error that a damaged copy of the model is refused with; empty when it is not.
    QString refusal(const std::function<void(Copy &)> &damage)
    {
        Copy copy = m_model;
        damage(copy);
        if (!copy.write(file("damaged.safetensors")))
            return "could not write";
        const auto opened = open(file("damaged.safetensors"));
        return opened ? QString() : QString::fromStdString(opened.error().what);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Backend> m_backend = makeReferenceBackend();
    Copy m_model;
};

void TestWeights::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    REQUIRE(m_model, Copy::of(dataFile("rwkv7/model.pth")));
}

void TestWeights::fingerprintDependsOnEveryByteAndOnNoContainer()
{
    REQUIRE(const OpenedModel pth, open(dataFile("rwkv7/model.pth")));
    VERIFY_OK(m_model.write(file("same.safetensors")));
    REQUIRE(const OpenedModel same, open(file("same.safetensors")));
    m_model.part("blocks.1.ffn.value.weight").bytes[100] ^= std::byte(1);
    VERIFY_OK(m_model.write(file("other.safetensors")));
    REQUIRE(const OpenedModel other, open(file("other.safetensors")));

    QCOMPARE(pth.weights.fingerprint.size(), std::size_t(64));
    QCOMPARE(same.weights.fingerprint, pth.weights.fingerprint);
    QVERIFY(other.weights.fingerprint != pth.weights.fingerprint);
}

void TestWeights::missingTensorIsNamed()
{
    const QString message = refusal([](Copy &copy) {
        std::erase_if(copy.parts, [](const Copy::Part &p) { return p.info.name == "blocks.2.att.k_a"; });
    });

    QVERIFY2(message.contains("blocks.2.att.k_a") && message.contains("missing"), qPrintable(message));
}

void TestWeights::missingLayerIsNamed()
{
    const QString message = refusal([](Copy &copy) {
        std::erase_if(copy.parts, [](const Copy::Part &p) { return p.info.name.starts_with("blocks.1."); });
    });

    QVERIFY2(message.contains("blocks.1."), qPrintable(message));
}

void TestWeights::wrongShapeIsNamedWithBothShapes()
{
    const QString message = refusal([](Copy &copy) {
        Copy::Part &part = copy.part("blocks.0.att.key.weight");
        part.info.shape = {64, 128};
        part.bytes.resize(part.info.bytes());
    });

    QVERIFY2(message.contains("blocks.0.att.key.weight") && message.contains("[64, 128]") &&
                 message.contains("[128, 128]"),
             qPrintable(message));
}

void TestWeights::integerWeightsAreRefused()
{
    const QString message = refusal([](Copy &copy) {
        Copy::Part &part = copy.part("head.weight");
        part.info.type = DType::I16;
    });

    QVERIFY2(message.contains("head.weight") && message.contains("i16"), qPrintable(message));
}

void TestWeights::contradictingShapesAreRefused()
{
    const QString message = refusal([](Copy &copy) {
        Copy::Part &part = copy.part("blocks.0.att.r_k");
        part.info.shape = {3, 64};
        part.bytes.resize(part.info.bytes());
    });

    QVERIFY2(message.contains("blocks.0.att.r_k") && message.contains("[3, 64]"), qPrintable(message));
}

void TestWeights::unknownArchitectureIsNamedByItsTensor()
{
    const QString variant =
        refusal([](Copy &copy) { copy.part("blocks.0.ffn.x_k").info.name = "blocks.0.qkv.qq.weight"; });
    QVERIFY2(variant.contains("RWKV-7b") && variant.contains("blocks.0.qkv.qq.weight"), qPrintable(variant));

    const QString strange = refusal([](Copy &copy) {
        for (std::size_t i = 0; i < copy.parts.size(); ++i)
            copy.parts[i].info.name = "layer" + std::to_string(i);
    });
    QVERIFY2(strange.contains("layer0"), qPrintable(strange));
}

void TestWeights::loadingCanBeCancelled()
{
    int calls = 0;
    const auto opened = open(dataFile("rwkv7/model.pth"),
                             {.weightType = {}, .progress = [&](double) { return ++calls < 5; }});

    QVERIFY(!opened);
    QCOMPARE(opened.error().code, ErrorCode::Cancelled);
    QCOMPARE(calls, 5);
}

void TestWeights::unusedTensorsAreListed()
{
    Copy::Part extra = m_model.part("ln_out.bias");
    extra.info.name = "notes";
    m_model.parts.push_back(extra);
    VERIFY_OK(m_model.write(file("extra.safetensors")));

    REQUIRE(const OpenedModel opened, open(file("extra.safetensors")));

    QVERIFY(opened.weights.unused == std::vector<std::string>{"notes"});
}

void TestWeights::matricesTakeTheWantedType()
{
    REQUIRE(const OpenedModel stored, open(dataFile("rwkv7/model.pth")));
    REQUIRE(const OpenedModel wide,
            open(dataFile("rwkv7/model.pth"), {.weightType = DType::F32, .progress = {}}));

    QCOMPARE(wide.weights.fingerprint, stored.weights.fingerprint);
    QCOMPARE(wide.weights.parameters, stored.weights.parameters);
    QVERIFY(double(wide.weights.weightBytes) > 1.9 * double(stored.weights.weightBytes));
}

QTEST_GUILESS_MAIN(TestWeights)
#include "tst_weights.moc"
