// Questions about tokens: how well a text was predicted, and what may come next.
#include "core/engine/loaded_model.h"
#include "tests/engine/harness.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <random>

using namespace volary;
using namespace volary::test;

namespace {

const std::string kStory = "Once upon a time there was a small fox named Tarquin. He lived under an old oak "
                           "tree at the edge of the wood.\n\nEvery morning he counted the boats: 1, 2, 3.";

} // namespace

class TestTokenQuestions : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_harness = std::make_unique<Harness>(m_folder->filePath("library.db").toStdString());
    }
    void cleanup() { m_harness.reset(); }

    void surpriseAddsUpToPerplexity()
    {
        QFile file(m_folder->filePath("story.txt"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        std::string story; // longer than one chunk
        for (int i = 0; i < 12; ++i)
            story += kStory + "\n";
        file.write(story.data(), qint64(story.size()));
        file.close();
        qputenv("VOLARY_RESOURCES", VOLARY_SOURCE_DIR "/resources");
        QProcess process;
        process.start(VOLARY_CLI, {"perplexity", "bundled:goose-tiny", "--file", file.fileName(),
                                   "--per-token", m_folder->filePath("scores.json"), "--json", "--quiet"});
        QVERIFY(process.waitForFinished(-1));
        const QJsonObject told = QJsonDocument::fromJson(process.readAllStandardOutput()).object();
        QFile list(m_folder->filePath("scores.json"));
        QVERIFY(list.open(QIODevice::ReadOnly));
        const QJsonArray expected = QJsonDocument::fromJson(list.readAll()).array();

        QVERIFY(m_harness->openModel());
        const auto scored = score({story});
        QVERIFY(scored);
        QCOMPARE(std::int64_t(scored->tokens->size()), std::int64_t(expected.size()));
        QVERIFY(expected.size() > 256);
        double sum = 0;
        for (qsizetype i = 0; i < expected.size(); ++i) {
            const TokenScore &token = (*scored->tokens)[std::size_t(i)];
            QCOMPARE(token.token, expected[i]["token"].toInt());
            QCOMPARE(std::isnan(token.surprise), expected[i]["nll"].isNull());
            if (i > 0) {
                QVERIFY(token.surprise == expected[i]["nll"].toDouble());
                sum += token.surprise;
            }
        }
        const double mean = sum / double(expected.size() - 1);
        QVERIFY(std::abs(mean - told["mean_nll"].toDouble()) < 1e-12);
        QVERIFY(std::abs(std::exp(mean) - told["perplexity"].toDouble()) < 1e-9);
    }

    void ranksAndAlternativesFitTheSurprise()
    {
        QVERIFY(m_harness->openModel());
        const auto scored = score({kStory});
        QVERIFY(scored);
        QCOMPARE(scored->tokens->front().rank, 0);
        QVERIFY(scored->tokens->front().alternatives.empty());
        int found = 0;
        for (std::size_t i = 1; i < scored->tokens->size(); ++i) {
            const TokenScore &token = (*scored->tokens)[i];
            QCOMPARE(token.alternatives.size(), std::size_t(8));
            for (std::size_t k = 0; k < token.alternatives.size(); ++k) {
                const TokenProbability &other = token.alternatives[k];
                QVERIFY(k == 0 || other.probability <= token.alternatives[k - 1].probability);
                QCOMPARE(other.token == token.token, token.rank == int(k) + 1);
                if (other.token == token.token) {
                    ++found;
                    QVERIFY(std::abs(double(other.probability) - std::exp(-token.surprise)) < 1e-6);
                }
            }
            QVERIFY(token.rank >= 1 && token.rank <= scored->model->info.vocabulary);
        }
        QVERIFY(found > 10);
    }

    void conversationIsScoredWithTheTokensThatWereRead()
    {
        QVERIFY(m_harness->openModel());
        const Turn reply = say("Hello, I am Tarquin.");
        const auto scored = score({"not this", *reply.snapshot});
        QVERIFY(scored);
        QCOMPARE(std::int64_t(scored->tokens->size()), reply.position);
        std::string text;
        for (const TokenScore &token : *scored->tokens)
            text += scored->model->vocabulary->bytes(token.token);
        QVERIFY2(QString::fromStdString(text).contains("Hello, I am Tarquin."), text.c_str());
    }

    void whatMayFollowIsWhatReadingOnWouldSay()
    {
        const auto seed = std::random_device{}();
        std::mt19937 random(seed);
        QVERIFY(m_harness->openModel());
        const auto scored = score({kStory});
        QVERIFY(scored);
        const auto &tokens = *scored->tokens;
        std::vector<TokenId> whole;
        for (const TokenScore &token : tokens)
            whole.push_back(token.token);

        const std::string begin = kStory.substr(0, kStory.find(" He lived"));
        const auto root = scored->model->vocabulary->encode(begin);
        QVERIFY(std::equal(root.begin(), root.end(), whole.begin()));
        for (int round = 0; round < 12; ++round) { // forth and back from the kept state
            const std::size_t more = random() % (whole.size() - root.size());
            command::PredictNext ask{.source = {begin}, .path = {}, .count = 8};
            const auto from = whole.begin() + std::ptrdiff_t(root.size());
            ask.path.assign(from, from + std::ptrdiff_t(more));
            const auto predicted = m_harness->ask<event::NextPredicted>(ask);
            QVERIFY2(predicted, qPrintable(QString("seed %1").arg(seed)));
            QCOMPARE(predicted->path, ask.path);
            QVERIFY2(predicted->next == tokens[root.size() + more].alternatives,
                     qPrintable(QString("seed %1, %2 tokens on").arg(seed).arg(more)));
        }
    }

    void aTurnIsGoneOnFromItsOwnState()
    {
        QVERIFY(m_harness->openModel());
        const Turn reply = say("Tell me a story.");
        const auto turns = m_harness->turns(reply.conversation);
        REQUIRE(const auto traces, tracesOf(reply.id));
        const auto predicted = m_harness->ask<event::NextPredicted>(command::PredictNext{
            .source = {"", *turns.front().snapshot}, .path = {}, .count = 3}); // after the user's turn
        QVERIFY(predicted);
        QCOMPARE(predicted->next.front(), traces.front().alternatives.front());
    }

    void anotherModelIsAskedAnew()
    {
        QVERIFY(m_harness->openModel());
        const command::PredictNext ask{.source = {kStory}, .path = {}, .count = 4};
        const auto goose = m_harness->ask<event::NextPredicted>(ask);
        QVERIFY(goose);
        QVERIFY(m_harness->openModel(bundledModel("goldfinch-tiny")));
        const auto finch = m_harness->ask<event::NextPredicted>(ask);
        QVERIFY(finch);
        QVERIFY(goose->next != finch->next);
        m_harness->engine().post(command::CloseModel{});
        const auto closed = m_harness->ask<event::CommandFailed>(ask);
        QVERIFY(closed);
        QCOMPARE(closed->error.code, ErrorCode::NotFound);
    }

    void cancelEndsAScoreEarly()
    {
        QVERIFY(m_harness->openModel());
        std::string text;
        while (text.size() + kStory.size() < command::TokenSource::kMostBytes)
            text += kStory;
        const RequestId request = m_harness->engine().post(command::ScoreText{{text}});
        const auto begun = m_harness->wait<event::TokenProgress>(request);
        QVERIFY(begun);
        QVERIFY(begun->done < begun->total);
        m_harness->engine().cancel(request);
        const auto ended = m_harness->wait<event::CommandFailed>(request);
        QVERIFY(ended);
        QCOMPARE(ended->error.code, ErrorCode::Cancelled);
    }

    void refusalsSayWhy_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("nothing") << QString();
        QTest::newRow("one token") << QStringLiteral("a");
        QTest::newRow("too long") << QString(int(command::TokenSource::kMostBytes) + 1, 'a');
    }
    void refusalsSayWhy()
    {
        QFETCH(QString, text);
        QVERIFY(m_harness->openModel());
        const auto refused = m_harness->ask<event::CommandFailed>(command::ScoreText{{text.toStdString()}});
        QVERIFY(refused);
        QCOMPARE(refused->error.code, ErrorCode::Invalid);
        QVERIFY(!refused->error.remedy.empty());
    }

    void twoModelsTellHowTheyWouldHavePredictedEachOther()
    {
        QVERIFY(m_harness->openModel());
        const command::CompareModels ask{
            .text = kStory, .other = bundledModel("goldfinch-tiny"), .options = {}, .tokens = 24};
        const auto compared = m_harness->ask<event::ModelsCompared>(ask);
        QVERIFY(compared);
        QCOMPARE(compared->open->model->identity.name, std::string("goose-tiny"));
        QCOMPARE(compared->other->model->identity.name, std::string("goldfinch-tiny"));
        QVERIFY(compared->open->stateBytes > 0 && compared->other->stateBytes > 0);

        // The other side, asked on its own: the likeliest tokens, and how the first model sees them.
        std::string written;
        for (const TokenScore &token : compared->other->reply)
            written += compared->other->model->vocabulary->bytes(token.token);
        const auto judged = score({kStory + written});
        QVERIFY(judged);
        QVERIFY(m_harness->openModel(bundledModel("goldfinch-tiny")));
        const auto own = score({kStory + written});
        QVERIFY(own);
        const auto &reply = compared->other->reply;
        QVERIFY(!reply.empty() && reply.size() <= 24);
        QVERIFY(own->tokens->size() > reply.size());
        const std::size_t from = own->tokens->size() - reply.size();
        // What is written depends on the processor's vectors, and a text may be split in more than one way.
        if (!std::ranges::equal(std::span(*own->tokens).subspan(from), reply, {}, &TokenScore::token,
                                &TokenScore::token))
            QSKIP("what was written on this processor is split into other tokens when it is read again");
        for (std::size_t i = 0; i < reply.size(); ++i) {
            QCOMPARE((*own->tokens)[from + i].rank, 1);
            QCOMPARE(reply[i].rank, (*judged->tokens)[from + i].rank);
            QVERIFY(reply[i].surprise == (*judged->tokens)[from + i].surprise);
        }
    }

    void aModelAgreesWithItself()
    {
        QVERIFY(m_harness->openModel());
        const auto compared = m_harness->ask<event::ModelsCompared>(
            command::CompareModels{.text = kStory, .other = bundledModel(), .options = {}, .tokens = 16});
        QVERIFY(compared);
        QVERIFY(!compared->open->reply.empty());
        for (const auto &side : {compared->open, compared->other})
            for (const TokenScore &token : side->reply)
                QCOMPARE(token.rank, 1);
    }

    void anotherModelThatCannotBeOpenedIsRefused()
    {
        QVERIFY(m_harness->openModel());
        const auto refused = m_harness->ask<event::CommandFailed>(command::CompareModels{
            .text = kStory, .other = m_folder->filePath("none").toStdString(), .options = {}, .tokens = 1});
        QVERIFY(refused);
        QVERIFY(score({kStory})); // the open model is as it was
    }

    void nothingFollowsNothing()
    {
        QVERIFY(m_harness->openModel());
        const auto refused = m_harness->ask<event::CommandFailed>(command::PredictNext{});
        QVERIFY(refused);
        QCOMPARE(refused->error.code, ErrorCode::Invalid);
    }

    void tokensSpellTheText()
    {
        QVERIFY(m_harness->openModel());
        const auto opened =
            m_harness->ask<event::TextTokenised>(command::TokeniseText{kStory + "\xF0\x9F\xA6"});
        QVERIFY(opened);
        REQUIRE(const auto model, LoadedModel::open({.path = bundledModel()}));
        QCOMPARE(model->tokenizer().decode(*opened->tokens), kStory + "\xF0\x9F\xA6");
    }

private:
    std::optional<event::TextScored> score(command::TokenSource source)
    {
        return m_harness->ask<event::TextScored>(command::ScoreText{std::move(source)});
    }

    Turn say(const std::string &words)
    {
        GenerationSettings settings;
        settings.sampler.temperature = 0;
        settings.maxTokens = 8;
        const ConversationId conversation = m_harness->newConversation();
        const auto finished =
            m_harness->ask<event::TurnFinished>(command::SendMessage{conversation, {}, words, settings});
        return finished ? finished->reply : Turn{};
    }

    Result<std::vector<TokenTrace>> tracesOf(TurnId turn)
    {
        const auto loaded = m_harness->ask<event::TracesLoaded>(command::LoadTraces{turn});
        if (!loaded)
            return Error{ErrorCode::NotFound, "no traces", ""};
        return *loaded->traces;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Harness> m_harness;
};

QTEST_GUILESS_MAIN(TestTokenQuestions)
#include "tst_token_questions.moc"
