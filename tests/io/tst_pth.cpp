// PyTorch files: good ones give their values, bad ones are refused by name, and nothing in them is executed.
#include "core/base/half.h"
#include "tensor_files.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QTest>

#include <unistd.h>

using namespace volary;
using namespace volary::test;

namespace {

// The value as float32, as the expected files have 16-bit tensors.
ReadTensor widened(const ReadTensor &tensor)
{
    if (tensor.type != DType::F16 && tensor.type != DType::BF16)
        return tensor;
    ReadTensor wide{DType::F32, tensor.shape, std::vector<std::byte>(tensor.bytes.size() * 2)};
    for (std::size_t i = 0; i < tensor.bytes.size() / 2; ++i) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, tensor.bytes.data() + 2 * i, sizeof bits);
        const float value = tensor.type == DType::F16 ? f16ToFloat(bits) : bf16ToFloat(bits);
        std::memcpy(wide.bytes.data() + 4 * i, &value, sizeof value);
    }
    return wide;
}

template <typename T>
void append(std::string &to, T value)
{
    to.append(reinterpret_cast<const char *>(&value), sizeof value);
}

// A zip archive with one stored entry, archive/data.pkl.
std::string archiveOf(const std::string &pickle)
{
    const std::string name = "archive/data.pkl";
    const auto sizes = [&](std::string &to) {
        append<std::uint32_t>(to, 0); // the checksum, which nobody reads
        append(to, std::uint32_t(pickle.size()));
        append(to, std::uint32_t(pickle.size()));
        append(to, std::uint16_t(name.size()));
        append<std::uint16_t>(to, 0);
    };
    std::string archive("PK\3\4\x14\0\0\0\0\0\0\0\0\0", 14);
    sizes(archive);
    archive += name + pickle;
    const std::size_t directoryAt = archive.size();
    archive.append("PK\1\2\x14\0\x14\0\0\0\0\0\0\0\0\0", 16);
    sizes(archive);
    archive.append(14, '\0'); // comment, disk, attributes and the offset 0
    archive += name;
    const std::size_t directoryBytes = archive.size() - directoryAt;
    archive.append("PK\5\6\0\0\0\0\1\0\1\0", 12);
    append(archive, std::uint32_t(directoryBytes));
    append(archive, std::uint32_t(directoryAt));
    append<std::uint16_t>(archive, 0);
    return archive;
}

std::string repeated(const std::string &text, std::size_t times)
{
    std::string all;
    for (std::size_t i = 0; i < times; ++i)
        all += text;
    return all;
}

} // namespace

class TestPth : public QObject {
    Q_OBJECT

private slots:
    void goodFilesGiveTheirValues_data();
    void goodFilesGiveTheirValues();
    void badFilesAreRefusedByName_data();
    void badFilesAreRefusedByName();
    void everyBadFileIsListed();
    void everyTruncationIsRefused();
    void everyDamagedFieldIsRefusedOrHarmless();
    void everyDamagedByteIsRefusedOrHarmless();
    void deeplyNestedContainersAreReleasedWithoutRecursion_data();
    void deeplyNestedContainersAreReleasedWithoutRecursion();
    void containersThatHoldThemselvesAreReleased();
    void recalledTextsAreNotMultiplied();
    void fileThatShrinksWhileOpenGivesAnError();
    void goldenModelEqualsItsSafetensors();

private:
    Scratch m_scratch;
};

void TestPth::goodFilesGiveTheirValues_data()
{
    QTest::addColumn<QString>("name");
    const QString folder = QString::fromStdString(ioFile("pth").string());
    const QStringList files = QDir(folder).entryList({"*.pth"});
    QCOMPARE(files.size(), 9);
    for (const QString &file : files)
        QTest::newRow(qPrintable(file)) << file.chopped(4);
}

void TestPth::goodFilesGiveTheirValues()
{
    QFETCH(QString, name);
    REQUIRE(const ReadTensors tensors, readAll(ioFile("pth/" + name + ".pth")));
    REQUIRE(const ReadTensors expected, readAll(ioFile("pth/" + name + ".expected.safetensors")));
    QCOMPARE(tensors.size(), expected.size());
    for (const auto &[key, tensor] : expected) {
        QVERIFY2(tensors.contains(key), key.c_str());
        QVERIFY2(widened(tensors.at(key)) == tensor, key.c_str());
    }
}

void TestPth::badFilesAreRefusedByName_data()
{
    QTest::addColumn<QString>("word"); // names what is wrong
    QTest::newRow("deflated_storage") << "compressed";
    QTest::newRow("duplicate_entry") << "duplicate entry";
    QTest::newRow("empty") << "0 bytes";
    QTest::newRow("file_truncated") << "cut off";
    QTest::newRow("foreign_global_eval") << "eval";
    QTest::newRow("foreign_global_getenv") << "getenv";
    QTest::newRow("no_data_pkl") << "no data.pkl";
    QTest::newRow("not_a_zip") << "bare pickle";
    QTest::newRow("path_traversal") << "unsafe name";
    QTest::newRow("pickle_truncated") << "pickle";
    QTest::newRow("shape_beyond_storage") << "beyond its storage";
    QTest::newRow("storage_missing") << "missing from the archive";
    QTest::newRow("storage_short") << "shorter than the file says";
    QTest::newRow("stride_beyond_storage") << "beyond its storage";
}

void TestPth::badFilesAreRefusedByName()
{
    QFETCH(QString, word);
    const QString name = QString("%1.pth").arg(QTest::currentDataTag());
    const auto tensors = readAll(ioFile("pth/bad/" + name));
    QVERIFY(!tensors);
    const QString what = QString::fromStdString(tensors.error().what);
    QVERIFY2(what.startsWith(name + ": "), qPrintable(what));
    QVERIFY2(what.contains(word), qPrintable(what));
}

void TestPth::everyBadFileIsListed()
{
    const QString folder = QString::fromStdString(ioFile("pth/bad").string());
    QCOMPARE(QDir(folder).entryList({"*.pth"}).size(), 14);
}

void TestPth::everyTruncationIsRefused()
{
    const std::string good = contentOf(ioFile("pth/plain_dict.pth"));
    QVERIFY(!good.empty());
    for (std::size_t length = 0; length < good.size(); ++length)
        QVERIFY2(!m_scratch.refusal(good.substr(0, length)).isEmpty(), qPrintable(QString::number(length)));
}

// The fields of zip records lie at even and odd places alike, so every place is taken for each width.
void TestPth::everyDamagedFieldIsRefusedOrHarmless()
{
    const std::string good = contentOf(ioFile("pth/zip64_extra_fields.pth"));
    QVERIFY(!good.empty());
    const MemoryBound bound(64 << 20);
    const auto check = [&](const std::string &damaged) {
        const auto tensors = m_scratch.readBack(damaged);
        if (!tensors)
            QVERIFY(!tensors.error().what.empty());
    };
    for (std::size_t at = 0; at + 8 <= good.size(); ++at) {
        check(withNumber<std::uint16_t>(good, at, 0xFFFF));
        check(withNumber<std::uint32_t>(good, at, 0xFFFFFFFF));
        check(withNumber<std::uint32_t>(good, at, 0x7FFFFFFF));
        check(withNumber<std::uint64_t>(good, at, UINT64_MAX));
        check(withNumber<std::uint64_t>(good, at, good.size() + 1));
    }
}

void TestPth::everyDamagedByteIsRefusedOrHarmless()
{
    const std::string good = contentOf(ioFile("pth/protocol2.pth"));
    QVERIFY(!good.empty());
    const MemoryBound bound(64 << 20);
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const char c : {'\0', '\1', '\x7F', '\xFF', 'R', 'c', '('}) {
            const auto tensors = m_scratch.readBack(withNumber(good, at, c));
            if (!tensors)
                QVERIFY(!tensors.error().what.empty());
        }
    }
}

void TestPth::deeplyNestedContainersAreReleasedWithoutRecursion_data()
{
    QTest::addColumn<QByteArray>("open");
    QTest::addColumn<QByteArray>("close");
    QTest::newRow("lists") << QByteArray("]") << QByteArray("a");
    QTest::newRow("maps") << QByteArray("}N") << QByteArray("s");
    QTest::newRow("tuples") << QByteArray("(") << QByteArray("t");
}

void TestPth::deeplyNestedContainersAreReleasedWithoutRecursion()
{
    QFETCH(QByteArray, open);
    QFETCH(QByteArray, close);
    constexpr std::size_t kLevels = 300'000;
    const std::string pickle = "\x80\x02" + repeated(open.toStdString(), kLevels) + "N" +
                               repeated(close.toStdString(), kLevels) + ".";
    QVERIFY(!m_scratch.refusal(archiveOf(pickle)).isEmpty());
}

void TestPth::containersThatHoldThemselvesAreReleased()
{
    const QString what = m_scratch.refusal(archiveOf(std::string("\x80\x02}q\0X\1\0\0\0ah\0s.", 15)));
    QVERIFY2(what.contains("no tensors"), qPrintable(what));
}

// One text of a megabyte under which a tensor is stored again and again must not cost a megabyte each time.
void TestPth::recalledTextsAreNotMultiplied()
{
    constexpr char kEmptyTensor[] = "ctorch._utils\n_rebuild_tensor_v2\n(("
                                    "X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
                                    "0X\3\0\0\0cpuK\0tQK\0K\0\x85K\1\x85tR";
    const std::string name(1 << 20, 'n');
    std::string pickle("\x80\x02}q\0X", 6);
    append(pickle, std::uint32_t(name.size()));
    pickle += name + "q\1" + "0" + std::string(kEmptyTensor, sizeof kEmptyTensor - 1) + "q\2" + "0(";
    pickle += repeated("h\1h\2", 1000) + "u.";
    const MemoryBound bound(256 << 20);
    QVERIFY(!m_scratch.refusal(archiveOf(pickle)).isEmpty());
}

void TestPth::fileThatShrinksWhileOpenGivesAnError()
{
    VERIFY_OK(m_scratch.readBack(contentOf(ioFile("pth/strided_shared_storage.pth"))));
    REQUIRE(const auto file, openTensorFile(m_scratch.path()));
    QVERIFY(!file->tensors().empty());
    QCOMPARE(::truncate(m_scratch.path().c_str(), 100), 0);
    for (std::size_t i = 0; i < file->tensors().size(); ++i) {
        std::vector<std::byte> values(file->tensors()[i].bytes());
        QVERIFY(!file->read(i, values));
    }
}

void TestPth::goldenModelEqualsItsSafetensors()
{
    const std::filesystem::path folder = std::filesystem::path(VOLARY_SHARED_DIR) / "golden/rwkv7";
    if (!std::filesystem::exists(folder / "model.safetensors"))
        QSKIP("the golden model as safetensors is not here");
    REQUIRE(const ReadTensors expected, readAll(folder / "model.safetensors"));
    REQUIRE(const ReadTensors tensors, readAll(std::filesystem::path(VOLARY_TEST_DATA) / "rwkv7/model.pth"));
    QCOMPARE(tensors.size(), expected.size());
    for (const auto &[key, tensor] : expected)
        QVERIFY2(tensors.contains(key) && widened(tensors.at(key)) == tensor, key.c_str());
}

QTEST_APPLESS_MAIN(TestPth)
#include "tst_pth.moc"
