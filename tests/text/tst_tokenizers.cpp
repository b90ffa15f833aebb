// Tokenizers against golden cases, and the promise that every text comes back byte for byte.
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/text/tokenizer_search.h"
#include "core/text/utf8_stream.h"
#include "core/text/world_tokenizer.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <fstream>

using namespace volary;
using volary::test::integer;

namespace {

const std::filesystem::path kVocabulary =
    std::filesystem::path(VOLARY_SHARED_DIR) / "models/tokenizers/rwkv_vocab_v20230424.txt";
const std::filesystem::path kGoose =
    std::filesystem::path(VOLARY_SOURCE_DIR) / "resources/models/goose-tiny/tokenizer.model";

std::filesystem::path data(const char *name)
{
    return std::filesystem::path(VOLARY_TEST_DATA) / "text" / name;
}

std::string fromHex(const std::string &hex)
{
    return QByteArray::fromHex(QByteArray::fromStdString(hex)).toStdString();
}

std::vector<TokenId> ids(const Json &list)
{
    std::vector<TokenId> tokens;
    for (const Json &id : *list.array())
        tokens.push_back(TokenId(*id.integer()));
    return tokens;
}

// Calls `check` with every line of a file of JSON objects.
void forEachCase(const char *file, const std::function<void(const Json &)> &check)
{
    REQUIRE(const std::string text, readFile(data(file), 1 << 24));
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        REQUIRE(const Json json, Json::parse(std::string_view(text).substr(at, end - at)));
        check(json);
        if (QTest::currentTestFailed())
            return;
        at = end + 1;
    }
}

std::string joined(const Tokenizer &tokenizer, const std::vector<TokenId> &tokens)
{
    std::string text;
    for (const TokenId token : tokens)
        text += tokenizer.bytes(token);
    return text;
}

std::string randomBytes(int count)
{
    std::string bytes;
    for (int i = 0; i < count; ++i)
        bytes += char(integer(0, 255));
    return bytes;
}

// All single bytes as ids 1 .. 256, then `extra` lines.
std::string smallVocabulary(const std::string &extra = {})
{
    std::string text;
    for (int byte = 0; byte < 256; ++byte)
        text += std::to_string(byte + 1) + QString::asprintf(" b'\\x%02x' 1\n", unsigned(byte)).toStdString();
    return text + extra;
}

} // namespace

class TestTokenizers : public QObject {
    Q_OBJECT

private slots:
    void worldTokensAreThoseOfTheReference();
    void worldVocabularyHoldsWhatIsKnownOfIt();
    void streamedTextIsThatOfTheReference();
    void longestTokenWins();
    void anyBytesComeBack_data();
    void anyBytesComeBack();
    void gooseTokensAreThoseOfItsCard();
    void brokenVocabulariesAreRefused_data();
    void brokenVocabulariesAreRefused();
    void vocabularyIsFoundBesideTheModelOrAmongTheUsers();
    void missingVocabularyIsNamed();
};

void TestTokenizers::worldTokensAreThoseOfTheReference()
{
    if (!std::filesystem::exists(kVocabulary))
        QSKIP("the RWKV World vocabulary is not here (it belongs to another project)");
    REQUIRE(const auto tokenizer, openTokenizer(kVocabulary));
    int cases = 0;
    forEachCase("rwkv_world.jsonl", [&](const Json &json) {
        const std::string bytes = fromHex(*json.find("hex")->string());
        const auto expected = ids(*json.find("ids"));
        QVERIFY2(tokenizer->encode(bytes) == expected, json.find("name")->string()->c_str());
        QVERIFY2(tokenizer->decode(expected) == bytes, json.find("name")->string()->c_str());
        ++cases;
    });
    QCOMPARE(cases, 387);
}

void TestTokenizers::worldVocabularyHoldsWhatIsKnownOfIt()
{
    if (!std::filesystem::exists(kVocabulary))
        QSKIP("the RWKV World vocabulary is not here (it belongs to another project)");
    REQUIRE(const auto tokenizer, openTokenizer(kVocabulary));
    REQUIRE(const std::string text, readFile(data("rwkv_world_vocab_sample.json"), 1 << 20));
    REQUIRE(const Json json, Json::parse(text));

    QCOMPARE(tokenizer->vocabularySize(), int(*json.find("max_id")->integer()) + 1);
    for (const Json &entry : *json.find("sample")->array())
        QCOMPARE(std::string(tokenizer->bytes(TokenId(*entry.find("id")->integer()))),
                 fromHex(*entry.find("hex")->string()));
    QVERIFY(tokenizer->bytes(0).empty());
    QVERIFY(!tokenizer->isDefined(65530));
}

void TestTokenizers::streamedTextIsThatOfTheReference()
{
    if (!std::filesystem::exists(kVocabulary))
        QSKIP("the RWKV World vocabulary is not here (it belongs to another project)");
    REQUIRE(const auto tokenizer, openTokenizer(kVocabulary));
    int cases = 0;
    forEachCase("streaming_utf8.jsonl", [&](const Json &json) {
        Utf8Stream stream;
        const auto tokens = ids(*json.find("ids"));
        const auto &pieces = *json.find("pieces")->array();
        for (std::size_t i = 0; i < tokens.size(); ++i)
            QCOMPARE(stream.push(tokenizer->bytes(tokens[i])), *pieces[i].string());
        QCOMPARE(stream.flush(), *json.find("flush")->string());
        ++cases;
    });
    QCOMPARE(cases, 226);
}

void TestTokenizers::longestTokenWins()
{
    REQUIRE(auto vocabulary,
            parseWorldVocabulary(smallVocabulary("257 'go' 2\n258 'goose' 5\n259 ' goose' 6\n")));
    const auto tokenizer = worldTokenizer(std::move(vocabulary));

    QVERIFY(tokenizer->encode("goose") == std::vector<TokenId>{258});
    QVERIFY(tokenizer->encode("goos") == (std::vector<TokenId>{257, 'o' + 1, 's' + 1}));
    QVERIFY(tokenizer->encode("a goose") == (std::vector<TokenId>{'a' + 1, 259}));
    QVERIFY(tokenizer->encode("").empty());
}

void TestTokenizers::anyBytesComeBack_data()
{
    QTest::addColumn<QString>("kind");
    for (const char *kind : {"sentencepiece", "world", "bytes"})
        QTest::newRow(kind) << kind;
}

void TestTokenizers::anyBytesComeBack()
{
    QFETCH(QString, kind);
    std::shared_ptr<const Tokenizer> tokenizer = byteTokenizer();
    if (kind == "sentencepiece") {
        REQUIRE(tokenizer, openTokenizer(kGoose));
    } else if (kind == "world") {
        REQUIRE(auto vocabulary, parseWorldVocabulary(smallVocabulary("257 'the' 3\n258 ' the' 4\n")));
        tokenizer = worldTokenizer(std::move(vocabulary));
    }
    const std::vector<std::string> texts{
        "",       " ",    "  leading",   "trailing  ",     "\n",
        "\n\n\n", "a\tb", "Hello.",      "naïve 鹅🪿", std::string(1, '\0'),
        "a\0b",   "\xFF", "\xE2\x82",    "▁under",         "<0x41>",
        "<s>",    "\r\n", "the the  the"};
    for (const std::string &text : texts)
        QCOMPARE(joined(*tokenizer, tokenizer->encode(text)), text);

    for (int round = 0; round < 300; ++round) {
        const std::string bytes = randomBytes(integer(0, 60));
        QCOMPARE(joined(*tokenizer, tokenizer->encode(bytes)), bytes);
        std::string ascii;
        for (int i = integer(0, 80); i > 0; --i)
            ascii += char(integer(9, 126));
        QCOMPARE(joined(*tokenizer, tokenizer->encode(ascii)), ascii);
    }
}

void TestTokenizers::gooseTokensAreThoseOfItsCard()
{
    REQUIRE(const auto tokenizer, openTokenizer(kGoose));

    QCOMPARE(tokenizer->kind(), std::string_view("sentencepiece"));
    QCOMPARE(tokenizer->vocabularySize(), 4096);
    QVERIFY(tokenizer->bytes(0).empty());
    QVERIFY(tokenizer->encode("\n") == std::vector<TokenId>{2});
    QCOMPARE(tokenizer->encode("12").size(), std::size_t(2)); // digits stand alone
}

void TestTokenizers::brokenVocabulariesAreRefused_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto add = [](const char *defect, const std::string &text) {
        QTest::newRow(defect) << QByteArray::fromStdString(text);
    };
    add("empty", "");
    add("no length", smallVocabulary("257 'go'\n"));
    add("id is no number", smallVocabulary("x 'go' 2\n"));
    add("id 0", smallVocabulary("0 'go' 2\n"));
    add("id huge", smallVocabulary("99999999999 'go' 2\n"));
    add("duplicate id", smallVocabulary("5 'go' 2\n"));
    add("duplicate token", smallVocabulary("257 'a' 1\n"));
    add("wrong length", smallVocabulary("257 'go' 3\n"));
    add("length is no number", smallVocabulary("257 'go' x\n"));
    add("unterminated literal", smallVocabulary("257 'go 2\n"));
    add("unknown escape", smallVocabulary("257 'g\\q' 2\n"));
    add("cut escape", smallVocabulary("257 '\\x4' 1\n"));
    add("invalid UTF-8", smallVocabulary("257 '\xFF\xFF' 2\n"));
    add("bytes literal with other characters", smallVocabulary("257 b'é' 2\n"));
    std::string missing = smallVocabulary();
    missing.erase(missing.find("66 b'\\x41' 1\n"), std::string("66 b'\\x41' 1\n").size());
    add("a byte is missing", missing);
}

void TestTokenizers::brokenVocabulariesAreRefused()
{
    QFETCH(QByteArray, text);

    const auto parsed = parseWorldVocabulary(text.toStdString());

    QVERIFY(!parsed);
    QVERIFY(!parsed.error().what.empty());
}

void TestTokenizers::vocabularyIsFoundBesideTheModelOrAmongTheUsers()
{
    QTemporaryDir folder;
    const std::filesystem::path root = folder.path().toStdString();
    std::filesystem::create_directories(root / "model");
    std::filesystem::create_directories(root / "user");
    std::filesystem::create_directories(root / "empty");
    std::ofstream(root / "model/model.pth") << "weights";
    std::ofstream(root / "user/rwkv_vocab_v20230424.txt") << smallVocabulary();
    const std::vector<std::filesystem::path> extra{root / "user"};

    REQUIRE(const auto users, findTokenizer(root / "model/model.pth", extra, 65536));
    QCOMPARE(users->kind(), std::string_view("rwkv-world"));
    std::filesystem::copy(kGoose, root / "model/tokenizer.model");
    REQUIRE(const auto beside, findTokenizer(root / "model/model.pth", extra, 4096));
    QCOMPARE(beside->kind(), std::string_view("sentencepiece"));
    REQUIRE(const auto bytes, findTokenizer(root / "empty", {}, 256));
    QVERIFY(bytes);
}

void TestTokenizers::missingVocabularyIsNamed()
{
    QTemporaryDir folder;

    const auto found = findTokenizer(folder.path().toStdString(), {}, 65536);

    QVERIFY(!found);
    const auto words = QString::fromStdString(found.error().what + " " + found.error().remedy);
    QVERIFY2(words.contains("rwkv_vocab"), qPrintable(words));
}

QTEST_GUILESS_MAIN(TestTokenizers)
#include "tst_tokenizers.moc"
