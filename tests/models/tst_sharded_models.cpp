// A model in several files is the same model.
#include "core/engine/model_files.h"
#include "tests/models/golden_model.h"
#include "tests/support/shards.h"

#include <QTemporaryDir>

using namespace volary;
using namespace volary::test;

class TestShardedModels : public QObject {
    Q_OBJECT

private slots:
    void shardsGiveTheSameBitsAndFingerprint();
    void aFolderWithAnIndexIsTheModel();
};

void TestShardedModels::shardsGiveTheSameBitsAndFingerprint()
{
    QTemporaryDir place;
    REQUIRE(const auto index, writeShards(dataFile("rwkv7/model.pth"), place.path().toStdString(), 4));
    REQUIRE(const auto whole, openForTest(dataFile("rwkv7/model.pth"), makeCpuBackend(2)));
    REQUIRE(const auto sharded, openForTest(index, makeCpuBackend(2)));
    const std::vector<TokenId> tokens = randomTokens(40);
    REQUIRE(State one, whole.runner->newState());
    REQUIRE(State other, sharded.runner->newState());

    REQUIRE(const auto expected, allLogits(*whole.runner, one, tokens, tokens.size()));
    REQUIRE(const auto logits, allLogits(*sharded.runner, other, tokens, tokens.size()));

    QVERIFY(logits == expected);
    QVERIFY(sameBits(one, other));
    QCOMPARE(sharded.opened.weights.fingerprint, whole.opened.weights.fingerprint);
}

void TestShardedModels::aFolderWithAnIndexIsTheModel()
{
    QTemporaryDir place;
    const std::filesystem::path folder = std::filesystem::path(place.path().toStdString()) / "finch";
    std::filesystem::create_directory(folder);
    REQUIRE(const auto index, writeShards(dataFile("rwkv6/model.pth"), folder, 3));

    REQUIRE(const ModelFiles inFolder, findModelFiles(folder));
    REQUIRE(const ModelFiles alone, findModelFiles(index));
    QVERIFY(inFolder.weights == index);
    QCOMPARE(inFolder.name, std::string("finch"));
    QVERIFY(alone.weights == index);
    QCOMPARE(alone.name, std::string("model"));

    // Half a download: the index still stands for the model, and what is missing is named.
    std::filesystem::remove(folder / shardName(2, 3));
    REQUIRE(const ModelFiles partial, findModelFiles(folder));
    const auto opened = openTensorFile(partial.weights);
    QVERIFY(!opened && opened.error().what.find(shardName(2, 3)) != std::string::npos);

    std::filesystem::copy_file(index, folder / "other.safetensors.index.json");
    const auto ambiguous = findModelFiles(folder);
    QVERIFY(!ambiguous && ambiguous.error().code == ErrorCode::Invalid);
}

QTEST_GUILESS_MAIN(TestShardedModels)
#include "tst_sharded_models.moc"
