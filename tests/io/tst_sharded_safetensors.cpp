// Models in several safetensors files: the index opens them as one, and says what is wrong with it.
#include "tensor_files.h"
#include "tests/support/shards.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QTest>

using namespace volary;
using namespace volary::test;

class TestShardedSafetensors : public QObject {
    Q_OBJECT

private slots:
    void shardsReadLikeTheFileTheyWereCutFrom();
    void badIndexesAreRefusedByName_data();
    void badIndexesAreRefusedByName();
    void aTensorInTwoShardsIsRefused();
    void aDamagedShardIsNamed();
    void everyTruncationOfTheIndexIsRefused();
    void hugeIndexesAreRefusedInLittleMemory();

private:
    std::filesystem::path file(const char *name) const { return m_folder.filePath(name).toStdString(); }

    QTemporaryDir m_folder;
};

void TestShardedSafetensors::shardsReadLikeTheFileTheyWereCutFrom()
{
    const std::filesystem::path whole = ioFile("pth/dtypes.pth");
    REQUIRE(const ReadTensors expected, readAll(whole));
    QVERIFY(expected.size() > 3);
    REQUIRE(const auto index, writeShards(whole, m_folder.path().toStdString(), 3));

    REQUIRE(const ReadTensors read, readAll(index));
    REQUIRE(const auto opened, openTensorFile(index));

    QVERIFY(read == expected);
    QCOMPARE(opened->format(), std::string_view("safetensors"));
    QVERIFY(opened->path() == index);
    QCOMPARE(opened->metadata().at("format"), std::string("pt"));
}

void TestShardedSafetensors::badIndexesAreRefusedByName_data()
{
    QTest::addColumn<QByteArray>("index");
    QTest::addColumn<QString>("word");
    const auto row = [](const char *name, QByteArray index, const char *word) {
        QTest::newRow(name) << index << QString(word);
    };
    row("bad JSON", R"({"weight_map": {"a")", "the index");
    row("twice", R"({"weight_map": {"a":"one.safetensors","a":"one.safetensors"}})", "duplicate key");
    row("deep", R"({"weight_map": {}, "m":)" + QByteArray(20, '[') + QByteArray(20, ']') + "}", "nested");
    row("no map", R"({"metadata": {"total_size": 4}})", "weight_map");
    row("map is a list", R"({"weight_map": ["a"]})", "weight_map");
    row("empty map", R"({"weight_map": {}})", "weight_map is empty");
    row("number", R"({"weight_map": {"a": 3}})", "tensor a");
    row("path up", R"({"weight_map": {"a": "../one.safetensors"}})", "same folder");
    row("absolute", R"({"weight_map": {"a": "/tmp/one.safetensors"}})", "same folder");
    row("backslash", R"({"weight_map": {"a": "x\\one.safetensors"}})", "same folder");
    row("no name", R"({"weight_map": {"a": ""}})", "same folder");
    row("other kind", R"({"weight_map": {"a": "one.pth"}})", "same folder");
    row("itself", R"({"weight_map": {"a": "model.safetensors.index.json"}})", "same folder");
    row("control character", R"({"weight_map": {"a": "\u0000one.safetensors"}})", "same folder");
    row("missing shard", R"({"weight_map": {"a": "two.safetensors"}})",
        "two.safetensors: the file is missing");
    row("not in its shard", R"({"weight_map": {"a":"one.safetensors","z":"one.safetensors"}})",
        "tensor z is missing");
    row("before all in its shard", R"({"weight_map": {"A":"one.safetensors","a":"one.safetensors"}})",
        "tensor A is missing");
    row("not listed", R"({"weight_map": {"b":"one.safetensors"}})", "tensor a lies here");
}

void TestShardedSafetensors::badIndexesAreRefusedByName()
{
    QFETCH(QByteArray, index);
    QFETCH(QString, word);
    const std::vector<float> value(1);
    const std::vector<TensorToWrite> tensors{{"a", DType::F32, {1}, std::as_bytes(std::span(value))}};
    VERIFY_OK(writeSafetensors(file("one.safetensors"), tensors));
    VERIFY_OK(writeText(file("model.safetensors.index.json"), index.toStdString()));

    const auto opened = openTensorFile(file("model.safetensors.index.json"));

    QVERIFY(!opened);
    const QString what = QString::fromStdString(opened.error().what);
    QVERIFY2(what.startsWith("model.safetensors.index.json: ") && what.contains(word), qPrintable(what));
    QVERIFY(!opened.error().remedy.empty());
}

// Whatever the map says of it, one of the two shards holds a tensor that is not listed there.
void TestShardedSafetensors::aTensorInTwoShardsIsRefused()
{
    const std::vector<float> value(1);
    const std::vector<TensorToWrite> tensors{{"a", DType::F32, {1}, std::as_bytes(std::span(value))},
                                             {"b", DType::F32, {1}, std::as_bytes(std::span(value))}};
    VERIFY_OK(writeSafetensors(file("one.safetensors"), tensors));
    VERIFY_OK(writeSafetensors(file("two.safetensors"), std::span(tensors).first(1)));
    for (const char *map : {R"({"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors"})",
                            R"({"a":"two.safetensors","b":"one.safetensors"})"}) {
        VERIFY_OK(
            writeText(file("model.safetensors.index.json"), R"({"weight_map":)" + std::string(map) + "}"));

        const auto opened = openTensorFile(file("model.safetensors.index.json"));

        QVERIFY(!opened);
        QVERIFY2(opened.error().what.find("tensor a lies here") != std::string::npos,
                 opened.error().what.c_str());
    }
}

void TestShardedSafetensors::aDamagedShardIsNamed()
{
    REQUIRE(const auto index, writeShards(ioFile("pth/dtypes.pth"), m_folder.path().toStdString(), 2));
    const auto second = index.parent_path() / shardName(2, 2);
    const std::string whole = contentOf(second);
    for (const std::size_t length : {std::size_t(0), std::size_t(7), whole.size() - 1}) {
        VERIFY_OK(writeText(second, whole.substr(0, length)));

        const auto opened = openTensorFile(index);

        QVERIFY(!opened);
        QVERIFY2(opened.error().what.find(shardName(2, 2) + ": ") != std::string::npos,
                 opened.error().what.c_str());
    }
}

void TestShardedSafetensors::everyTruncationOfTheIndexIsRefused()
{
    REQUIRE(const auto index, writeShards(ioFile("pth/dtypes.pth"), m_folder.path().toStdString(), 2));
    const std::string whole = contentOf(index);
    for (std::size_t length = whole.find_last_of('}'); length-- > 0;) {
        std::filesystem::resize_file(index, length);
        QVERIFY2(!openTensorFile(index), qPrintable(QString::number(length)));
    }
}

void TestShardedSafetensors::hugeIndexesAreRefusedInLittleMemory()
{
    const auto index = file("model.safetensors.index.json");
    std::string files = R"({"weight_map": {)";
    for (int i = 0; i < 300; ++i)
        files += QString(R"("%1":"%1.safetensors",)").arg(i).toStdString();
    files.back() = '}';
    VERIFY_OK(writeText(index, files + "}"));
    const auto manyShards = openTensorFile(index);
    QVERIFY(!manyShards && manyShards.error().what.find("names 300 files") != std::string::npos);

    VERIFY_OK(writeText(index, R"({"weight_map": {}})"));
    std::filesystem::resize_file(index, std::uintmax_t(1) << 40); // a hole: takes no room on the disk
    const MemoryBound bound(64 << 20);
    const auto huge = openTensorFile(index);
    QVERIFY(!huge && huge.error().what.find("the index has 1.0 TiB") != std::string::npos);
}

QTEST_APPLESS_MAIN(TestShardedSafetensors)
#include "tst_sharded_safetensors.moc"
