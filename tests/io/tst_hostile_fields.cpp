// Every count, length, offset and type of the three checkpoint formats, set to 0, 1, -1, the largest number
// and one more than the file has bytes: the file opens where that is legal, and is else refused at once, in
// little memory, by a message that says which field is wrong.
#include "tensor_files.h"
#include "tests/support/verify.h"

#include <QElapsedTimer>
#include <QRegularExpression>
#include <QStringList>
#include <QTest>

#include <limits>

using namespace volary;
using namespace volary::test;

namespace {

constexpr qint64 kMostMilliseconds = 1000;
constexpr std::uint64_t kMostMemory = 64 << 20;

const QStringList kValues{"0", "1", "-1", "max", "size+1"};

template <typename T>
T valueOf(const QString &name, std::size_t fileBytes)
{
    return name == "0"     ? T(0)
           : name == "1"   ? T(1)
           : name == "-1"  ? T(-1)
           : name == "max" ? T(std::numeric_limits<std::make_signed_t<T>>::max())
                           : T(fileBytes + 1);
}

std::string withField(const std::string &good, std::size_t at, int width, const QString &value)
{
    switch (width) {
    case 1: return withNumber(good, at, valueOf<std::uint8_t>(value, good.size()));
    case 2: return withNumber(good, at, valueOf<std::uint16_t>(value, good.size()));
    case 4: return withNumber(good, at, valueOf<std::uint32_t>(value, good.size()));
    default: return withNumber(good, at, valueOf<std::uint64_t>(value, good.size()));
    }
}

// A model of no blocks: emb.weight [4, 2] alone.
std::string rwkvCppFile()
{
    const std::uint32_t numbers[] = {0x67676D66, 101, 4, 2, 0, 0, 2, 10, 0, 2, 4};
    std::string content(reinterpret_cast<const char *>(numbers), sizeof numbers);
    return content + "emb.weight" + std::string(32, '\0');
}

std::string safetensorsFile(const std::string &type, const std::string &shape, const std::string &offsets)
{
    const std::string header =
        R"({"a":{"dtype":")" + type + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + offsets + "]}}";
    return withNumber<std::uint64_t>(std::string(8, '\0'), 0, header.size()) + header + std::string(24, '\0');
}

} // namespace

class TestHostileFields : public QObject {
    Q_OBJECT

private slots:
    void rwkvCpp_data();
    void rwkvCpp();
    void safetensorsHeaderLength();
    void safetensors_data();
    void safetensors();
    void pthZip_data();
    void pthZip();
    void pthZip64_data();
    void pthZip64();
    void pthPickle_data();
    void pthPickle();

private:
    // `names` is an expression that every refusal holds; `legal` are the values with which the file opens.
    void check(const std::string &content, const QString &value, const QString &names,
               const QStringList &legal);
    void checkAll(const std::string &good, std::size_t at, int width, const QString &names,
                  const QStringList &legal);

    Scratch m_scratch;
};

void TestHostileFields::check(const std::string &content, const QString &value, const QString &names,
                              const QStringList &legal)
{
    QElapsedTimer timer;
    timer.start();
    QString what;
    {
        const MemoryBound bound(kMostMemory);
        what = m_scratch.refusal(content);
    }
    const QString seen = value + ": " + what;
    QVERIFY2(timer.elapsed() < kMostMilliseconds, qPrintable(seen));
    QVERIFY2(what.isEmpty() == legal.contains(value), qPrintable(seen));
    QVERIFY2(what.isEmpty() || what.contains(QRegularExpression(names)), qPrintable(seen));
}

void TestHostileFields::checkAll(const std::string &good, std::size_t at, int width, const QString &names,
                                 const QStringList &legal)
{
    QCOMPARE(m_scratch.refusal(good), QString());
    for (const QString &value : kValues) {
        check(withField(good, at, width, value), value, names, legal);
        if (QTest::currentTestFailed())
            return;
    }
}

void TestHostileFields::rwkvCpp_data()
{
    QTest::addColumn<int>("at");
    QTest::addColumn<QString>("names");
    QTest::addColumn<QStringList>("legal");
    const auto row = [](const char *name, int at, const char *names, const QStringList &legal = {}) {
        QTest::newRow(name) << at << names << legal;
    };
    row("version", 4, "version is");
    row("n_vocab", 8, "n_vocab");
    row("n_embed", 12, "n_embed");
    row("n_layer", 16, "n_layer", {"0"});
    row("data_type", 20, "the model has the unknown data type", {"0", "1"});
    row("dim_count", 24, "dim_count|ends inside the tensor|past the end|n_vocab|dimension|tensor name");
    row("key_length", 28, "key_length|past the end|ends inside the tensor|dim_count");
    row("tensor type", 32, "unknown data type|ends inside the tensor|dim_count", {"0"});
    row("columns", 36,
        "dimension of 0|past the end|ends inside the tensor|n_embed|dim_count|impossible shape");
    row("rows", 40, "dimension of 0|past the end|ends inside the tensor|n_vocab|dim_count|impossible shape");
}

void TestHostileFields::rwkvCpp()
{
    QFETCH(int, at);
    QFETCH(QString, names);
    QFETCH(QStringList, legal);
    checkAll(rwkvCppFile(), std::size_t(at), 4, names, legal);
}

void TestHostileFields::safetensorsHeaderLength()
{
    checkAll(safetensorsFile("F32", "3,2", "0,24"), 0, 8, "header", {});
}

void TestHostileFields::safetensors_data()
{
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("names");
    QTest::newRow("dtype") << "dtype"
                           << "unknown dtype";
    QTest::newRow("first extent") << "rows"
                                  << "shape";
    QTest::newRow("second extent") << "columns"
                                   << "shape";
    QTest::newRow("begin") << "begin"
                           << "data_offsets";
    QTest::newRow("end") << "end"
                         << "data_offsets";
}

void TestHostileFields::safetensors()
{
    QFETCH(QString, field);
    QFETCH(QString, names);
    const std::string good = safetensorsFile("F32", "3,2", "0,24");
    QCOMPARE(m_scratch.refusal(good), QString());
    for (const QString &value : kValues) {
        for (const bool wide : {false, true}) { // the largest number of 64 bits, and beyond
            const std::string text = value == "max" ? (wide ? "99999999999999999999" : "9223372036854775807")
                                     : value == "size+1" ? std::to_string(good.size() + 1)
                                                         : value.toStdString();
            const std::string content =
                safetensorsFile(field == "dtype" ? text : "F32",
                                (field == "rows" ? text : "3") + "," + (field == "columns" ? text : "2"),
                                (field == "begin" ? text : "0") + "," + (field == "end" ? text : "24"));
            check(content, value, names, field == "begin" ? QStringList{"0"} : QStringList{});
            if (QTest::currentTestFailed())
                return;
        }
    }
}

void TestHostileFields::pthZip_data()
{
    QTest::addColumn<QByteArray>("record"); // the first of these is changed
    QTest::addColumn<int>("at");            // within the record
    QTest::addColumn<int>("width");
    QTest::addColumn<QString>("names");
    QTest::addColumn<QStringList>("legal");
    const auto row = [](const char *name, const char *record, int at, int width, const char *names,
                        const QStringList &legal = {}) {
        QTest::newRow(name) << QByteArray(record, 4) << at << width << names << legal;
    };
    row("local: name length", "PK\3\4", 26, 2, "name length");
    // It says where the data begin: what then stands there is no pickle.
    row("local: extra length", "PK\3\4", 28, 2, "pickle|data\\.pkl");
    row("entry: method", "PK\1\2", 10, 2, "method", {"0"});
    row("entry: stored bytes", "PK\1\2", 20, 4, "stored in");
    row("entry: bytes", "PK\1\2", 24, 4, "stored in");
    row("entry: name length", "PK\1\2", 28, 2, "name");
    row("entry: extra length", "PK\1\2", 30, 2, "extra", {"0"});
    row("entry: comment length", "PK\1\2", 32, 2, "comment length", {"0"});
    row("entry: offset", "PK\1\2", 42, 4, "header offset", {"0"});
    row("end: disk", "PK\5\6", 4, 2, "disks", {"0"});
    // -1 sends the reader to the ZIP64 record, which PyTorch always writes
    row("end: entries", "PK\5\6", 10, 2, "entries", {"-1"});
    row("end: directory bytes", "PK\5\6", 12, 4, "directory|length of a zip entry", {"-1"});
    row("end: directory offset", "PK\5\6", 16, 4, "directory offset", {"-1"});
}

void TestHostileFields::pthZip()
{
    QFETCH(QByteArray, record);
    QFETCH(int, at);
    QFETCH(int, width);
    QFETCH(QString, names);
    QFETCH(QStringList, legal);
    const std::string good = contentOf(ioFile("pth/plain_dict.pth"));
    const std::size_t place = good.find(record.toStdString());
    QVERIFY(place != std::string::npos);
    checkAll(good, place + std::size_t(at), width, names, legal);
}

void TestHostileFields::pthZip64_data()
{
    QTest::addColumn<QByteArray>("record");
    QTest::addColumn<int>("at");
    QTest::addColumn<int>("width");
    QTest::addColumn<QString>("names");
    const auto row = [](const char *name, const char *record, int at, int width, const char *names) {
        QTest::newRow(name) << QByteArray(record, 4) << at << width << names;
    };
    row("locator: offset", "PK\6\7", 8, 8, "offset of the ZIP64 end record");
    row("end: disk", "PK\6\6", 16, 4, "disks");
    row("end: entries", "PK\6\6", 32, 8, "entries");
    row("end: directory bytes", "PK\6\6", 40, 8, "directory|length of a zip entry");
    row("end: directory offset", "PK\6\6", 48, 8, "directory offset");
}

void TestHostileFields::pthZip64()
{
    QFETCH(QByteArray, record);
    QFETCH(int, at);
    QFETCH(int, width);
    QFETCH(QString, names);
    std::string good = contentOf(ioFile("pth/plain_dict.pth"));
    const std::size_t end = good.rfind("PK\5\6");
    good = withNumber<std::uint16_t>(good, end + 10, 0xFFFF); // now only the ZIP64 record counts
    const std::size_t place = good.find(record.toStdString());
    QVERIFY(place != std::string::npos);
    checkAll(good, place + std::size_t(at), width, names,
             names == "disks" ? QStringList{"0"} : QStringList{});
}

void TestHostileFields::pthPickle_data()
{
    QTest::addColumn<int>("at"); // within data.pkl of plain_dict.pth
    QTest::addColumn<int>("width");
    QTest::addColumn<QString>("names");
    QTest::addColumn<QStringList>("legal");
    const auto row = [](const char *name, int at, int width, const char *names,
                        const QStringList &legal = {}) {
        QTest::newRow(name) << at << width << names << legal;
    };
    row("protocol", 1, 1, "pickle protocol");
    row("length of a name", 7, 4, "pickle|no valid UTF-8|tensor");
    row("length of a storage's key", 95, 4, "pickle|storage", {"1"});
    row("elements of the storage", 113, 1, "x\\.weight");
    row("first element", 119, 1, "x\\.weight", {"0"});
    row("rows", 121, 1, "x\\.weight", {"0", "1"});
    row("columns", 123, 1, "x\\.weight", {"0", "1"});
    row("stride of rows", 128, 1, "x\\.weight", {"0", "1"});
    row("stride of columns", 130, 1, "x\\.weight", {"0", "1"});
    row("number of a text that is recalled", 190, 1, "pickle|storage");
}

void TestHostileFields::pthPickle()
{
    QFETCH(int, at);
    QFETCH(int, width);
    QFETCH(QString, names);
    QFETCH(QStringList, legal);
    const std::string good = contentOf(ioFile("pth/plain_dict.pth"));
    const std::size_t pickle = good.find("\x80\x02}q");
    QVERIFY(pickle != std::string::npos);
    checkAll(good, pickle + std::size_t(at), width, names, legal);
}

QTEST_APPLESS_MAIN(TestHostileFields)
#include "tst_hostile_fields.moc"
