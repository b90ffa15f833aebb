// Checkpoints as other tools write them: tensors renamed, factors of low rank transposed.
#include "core/io/safetensors_writer.h"
#include "core/models/blocks/checkpoint.h"
#include "core/models/floats.h"
#include "core/models/model_file.h"
#include "tests/models/rwkv_cpp_copy.h"

using namespace volary;
using namespace volary::test;

namespace {

// The name in the copy; may change the tensor.
using Change = std::function<std::string(const std::string &name, Converted &tensor)>;

Result<> writeCopy(const std::filesystem::path &from, const std::filesystem::path &to, const Change &change)
{
    TRY(const auto file, openTensorFile(from));
    std::vector<std::vector<std::byte>> bytes;
    std::vector<TensorToWrite> tensors;
    for (const TensorInfo &info : file->tensors()) {
        Converted tensor{info.shape, readHalves(*file, info.name)};
        const std::string name = change(info.name, tensor);
        bytes.push_back(toBytes(tensor.numbers, DType::BF16));
        tensors.push_back({name, DType::BF16, tensor.shape, bytes.back()});
    }
    return writeSafetensors(to, tensors);
}

std::string replaced(std::string name, std::string_view from, std::string_view to)
{
    const std::size_t at = name.find(from);
    return at == std::string::npos ? name : name.replace(at, from.size(), to);
}

bool endsWithAny(const std::string &name, std::initializer_list<const char *> ends)
{
    return std::ranges::any_of(ends, [&](const char *end) { return name.ends_with(end); });
}

std::string huggingFaceName(std::string name)
{
    if (name == "head.weight")
        return name;
    name = "rwkv." + replaced(replaced(name, "emb.", "embeddings."), ".ln0.", ".pre_ln.");
    name = replaced(replaced(name, ".att.", ".attention."), ".ffn.", ".feed_forward.");
    for (const char *mix : {"key", "value", "receptance", "gate"}) {
        const std::string ours = std::string(".time_mix_") + mix[0];
        if (name.ends_with(ours))
            return replaced(name, ours, std::string(".time_mix_") + mix);
    }
    return name;
}

} // namespace

class TestForeignNames : public QObject {
    Q_OBJECT

private slots:
    void transposedFactorsGiveTheSameBits_data();
    void transposedFactorsGiveTheSameBits();
    void aFactorThatFitsNeitherWayIsRefusedByName();
    void theBonusOfRwkv6MayBeCalledTimeFirst();
    void namesOfHuggingFaceGiveTheSameModel_data();
    void namesOfHuggingFaceGiveTheSameModel();
    void twoTensorsForOneNameAreRefused();

private:
    void compare(const std::string &folder, bool sameFingerprint);
    std::filesystem::path copy() const { return m_place.filePath("copy.safetensors").toStdString(); }

    QTemporaryDir m_place;
};

void TestForeignNames::compare(const std::string &folder, bool sameFingerprint)
{
    REQUIRE(const auto original, openForTest(dataFile(folder + "/model.pth"), makeCpuBackend(2)));
    REQUIRE(const auto foreign, openForTest(copy(), makeCpuBackend(2)));
    const std::vector<TokenId> tokens = randomTokens(30);
    REQUIRE(State one, original.runner->newState());
    REQUIRE(State other, foreign.runner->newState());
    REQUIRE(const auto expected, allLogits(*original.runner, one, tokens, tokens.size()));
    REQUIRE(const auto logits, allLogits(*foreign.runner, other, tokens, tokens.size()));
    QVERIFY(logits == expected);
    QVERIFY(sameBits(one, other));
    QVERIFY(foreign.opened.weights.unused == original.opened.weights.unused);
    QCOMPARE(foreign.opened.weights.fingerprint == original.opened.weights.fingerprint, sameFingerprint);
}

void TestForeignNames::transposedFactorsGiveTheSameBits_data()
{
    QTest::addColumn<QString>("folder");
    QTest::addColumn<bool>("down");
    QTest::addColumn<bool>("up");
    for (const char *folder : {"rwkv6", "rwkv7"}) {
        QTest::addRow("%s, both", folder) << folder << true << true;
        QTest::addRow("%s, down", folder) << folder << true << false;
        QTest::addRow("%s, up", folder) << folder << false << true;
    }
}

void TestForeignNames::transposedFactorsGiveTheSameBits()
{
    QFETCH(QString, folder);
    QFETCH(bool, down);
    QFETCH(bool, up);
    int turned = 0;
    const auto change = [&](const std::string &name, Converted &tensor) {
        const bool isDown = endsWithAny(name, {"_w1", "att.w1", "att.a1", "att.v1", "att.g1"});
        const bool isUp = endsWithAny(name, {"_w2", "att.w2", "att.a2", "att.v2", "att.g2"});
        if ((isDown && down) || (isUp && up)) {
            tensor.transpose();
            ++turned;
        }
        return name;
    };
    const std::string name = folder.toStdString();
    VERIFY_OK(writeCopy(dataFile(name + "/model.pth"), copy(), change));
    QVERIFY(turned > 0);

    compare(name, false);
}

void TestForeignNames::aFactorThatFitsNeitherWayIsRefusedByName()
{
    const auto change = [](const std::string &name, Converted &tensor) {
        if (name == "blocks.1.att.w1") {
            tensor.numbers.resize(8 * 9);
            tensor.shape = {8, 9};
        }
        return name;
    };
    VERIFY_OK(writeCopy(dataFile("rwkv7/model.pth"), copy(), change));

    const auto opened = openForTest(copy(), makeCpuBackend(2));

    QVERIFY(!opened);
    QVERIFY2(opened.error().what.find("blocks.1.att.w1") != std::string::npos, opened.error().what.c_str());
}

void TestForeignNames::theBonusOfRwkv6MayBeCalledTimeFirst()
{
    VERIFY_OK(writeCopy(dataFile("rwkv6/model.pth"), copy(), [](const std::string &name, Converted &) {
        return replaced(name, "time_faaaa", "time_first");
    }));

    compare("rwkv6", false);
}

void TestForeignNames::namesOfHuggingFaceGiveTheSameModel_data()
{
    QTest::addColumn<QString>("folder");
    for (const char *folder : {"rwkv4", "rwkv5.2", "rwkv6"})
        QTest::newRow(folder) << folder;
}

void TestForeignNames::namesOfHuggingFaceGiveTheSameModel()
{
    QFETCH(QString, folder);
    const std::string name = folder.toStdString();
    VERIFY_OK(writeCopy(dataFile(name + "/model.pth"), copy(),
                        [](const std::string &official, Converted &) { return huggingFaceName(official); }));
    REQUIRE(const auto file, openTensorFile(copy()));
    QVERIFY(hasTensor(*file, "rwkv.blocks.1.attention.key.weight"));

    compare(name, true);
}

void TestForeignNames::twoTensorsForOneNameAreRefused()
{
    const std::vector<float> one(1);
    const auto bytes = std::as_bytes(std::span(one));
    const std::vector<TensorToWrite> tensors{{"rwkv.embeddings.weight", DType::F32, {1}, bytes},
                                             {"emb.weight", DType::F32, {1}, bytes}};
    VERIFY_OK(writeSafetensors(copy(), tensors));

    const auto opened = openModelFile(copy());

    QVERIFY(!opened);
    QVERIFY2(opened.error().what.find("stand for emb.weight") != std::string::npos,
             opened.error().what.c_str());
}

QTEST_GUILESS_MAIN(TestForeignNames)
#include "tst_foreign_names.moc"
