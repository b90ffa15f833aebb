// The demonstration models answer the demonstration questions as their cards say.
#include "core/engine/loaded_model.h"
#include "core/session/generation.h"
#include "tests/engine/harness.h"
#include "tests/support/golden.h"
#include "tests/support/verify.h"

#include <QTest>

#include <map>

using namespace volary;
using namespace volary::test;

using Scores = std::map<std::string, int>;
Q_DECLARE_METATYPE(Scores)

namespace {

// Lower case, without punctuation, white space collapsed: how the card counts.
std::string normalised(const std::string &text)
{
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isspace(byte)) {
            if (!result.empty() && result.back() != ' ')
                result += ' ';
        } else if (!std::ispunct(byte)) {
            result += char(std::tolower(byte));
        }
    }
    while (result.ends_with(' '))
        result.pop_back();
    return result;
}

Result<std::string> answer(LoadedModel &model, const std::string &prompt)
{
    TRY(Session session, model.newSession({.temperature = 0, .seed = 1}));
    TRY_(session.feed(model.tokenizer().encode(prompt)));
    TRY(Generation generation,
        Generation::start(
            session, model.tokenizer(),
            {.maxTokens = 120, .stops = {"\n"}, .endTokens = model.endTokens(), .alternatives = 1}));
    for (;;) {
        TRY(const Generation::Step step, generation.next());
        if (step.finished)
            break;
    }
    return generation.text();
}

} // namespace

class TestDemoQuestions : public QObject {
    Q_OBJECT

private slots:
    void scoresAreThoseOfTheCard_data();
    void scoresAreThoseOfTheCard();
};

void TestDemoQuestions::scoresAreThoseOfTheCard_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<Scores>("card");
    // Of the cards in resources/models: the models as they come along, in 8 bits.
    QTest::newRow("goose-tiny") << QString::fromStdString(bundledModel("goose-tiny").string())
                                << Scores{{"story-question", 28}, {"recall", 33},    {"summary", 7},
                                          {"chat-memory", 24},    {"fact-list", 16}, {"skill", 37}};
    QTest::newRow("goldfinch-tiny") << QString::fromStdString(bundledModel("goldfinch-tiny").string())
                                    << Scores{{"story-question", 30}, {"recall", 34},    {"summary", 10},
                                              {"chat-memory", 24},    {"fact-list", 17}, {"skill", 33}};
}

void TestDemoQuestions::scoresAreThoseOfTheCard()
{
    QFETCH(QString, path);
    QFETCH(Scores, card);
    REQUIRE(const auto model, LoadedModel::open({.path = path.toStdString(), .vocabularies = {}}));
    REQUIRE(const std::string text, readFile(dataFile("eval/demo-questions.json"), 1 << 20));
    REQUIRE(const Json json, Json::parse(text));
    std::map<std::string, int> right;

    for (const Json &item : *json.find("items")->array()) {
        REQUIRE(const std::string given, answer(*model, *item.find("prompt")->string()));
        for (const Json &accepted : *item.find("accept")->array()) {
            if (normalised(given) == normalised(*accepted.string())) {
                ++right[*item.find("kind")->string()];
                break;
            }
        }
    }

    for (const auto &[kind, expected] : card) {
        qInfo("%s: %d right, the card says %d", kind.c_str(), right[kind], expected);
        QVERIFY2(std::abs(right[kind] - expected) <= 2, kind.c_str());
    }
}

QTEST_GUILESS_MAIN(TestDemoQuestions)
#include "tst_demo_questions.moc"
