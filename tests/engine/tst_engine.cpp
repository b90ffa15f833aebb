// The engine as a window uses it: commands in, events out, a real model and a real library.
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/engine/export.h"
#include "core/engine/loaded_model.h"
#include "core/io/safetensors_writer.h"
#include "core/text/chat_format.h"
#include "tests/engine/harness.h"
#include "tests/engine/tuned_state.h"
#include "tests/support/golden.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>

using namespace volary;
using namespace volary::test;

namespace {

GenerationSettings settings(std::uint64_t seed, float temperature = 0.8f, int maxTokens = 60)
{
    GenerationSettings s;
    s.sampler.seed = seed;
    s.sampler.temperature = temperature;
    s.sampler.topP = 0.95f;
    s.maxTokens = maxTokens;
    return s;
}

} // namespace

class TestEngine : public QObject {
    Q_OBJECT

private slots:
    void init();
    void messageGetsAStreamedAnswerThatIsOnDiskWhenFinished();
    void answersFromWhatTheUserSaidEarlierAcrossARestart();
    void regeneratingReadsNothingAgain();
    void editingAMessageBranchesFromTheStoredState();
    void sameSeedGivesTheSameReplyAcrossARestart();
    void stoppedReplyContinuesAsIfItHadNeverStopped();
    void branchAtATokenKeepsWhatStoodBeforeIt();
    void qwenHybridIsAskedInChatml();
    void endsOfTextMayBeAList();
    void conversationKeepsItsThinkingFormat();
    void conversationIsNamedAfterItsFirstMessage();
    void textOfARunningReplyIsKeptWhenTheEngineEnds();
    void anotherModelIsRefusedByName();
    void aConversationCanBeginWithATunedState();
    void aTunedStateThatDoesNotFitLeavesNothingBehind();
    void whatAModelIsOpenedWithIsSaidAndCanBeNoted();
    void whatAnyConversationHasReadIsNotReadAgain();
    void statesOfAnotherBeginningAreNotTakenForKnown();
    void chatStartsFromASnapshotOfATurn();
    void sharedSnapshotIsImportedAndGoneOnFrom();
    void snapshotsAreComparedAndDrawn();
    void stateCanBeWatchedWhileAReplyIsWritten();
    void snapshotOfAnotherModelStartsNothing();
    void withoutAModelTheMessageFailsPolitely();
    void brokenModelLeavesTheOldOneOpen();
    void loadingAModelCanBeCancelled();
    void withoutALibraryChatFailsPolitely();
    void exportHoldsThePathAndTheTree();
    void exportedAnswerLeavesOutWhatWasThought();
    void searchFindsWhatWasSaid();
    void libraryIsBackedUpWhileItIsOpen();

private:
    std::filesystem::path tunedState() const { return m_folder->filePath("tuned.safetensors").toStdString(); }
    std::filesystem::path library() const { return m_folder->filePath("library.db").toStdString(); }
    // Sends a message and waits for the end of the reply.
    std::optional<event::TurnFinished> send(Harness &harness, ConversationId conversation,
                                            std::optional<TurnId> parent, const std::string &text,
                                            const GenerationSettings &with)
    {
        return harness.ask<event::TurnFinished>(command::SendMessage{conversation, parent, text, with});
    }

    // The small ARWKV-7 with a vocabulary of single bytes and the marks of ChatML.
    Result<std::filesystem::path> makeQwenHybrid() const
    {
        const std::filesystem::path folder = m_folder->filePath("hybrid").toStdString();
        std::filesystem::create_directory(folder);
        for (const char *name : {"model.safetensors", "config.json"})
            std::filesystem::copy_file(
                std::filesystem::path(VOLARY_TEST_DATA) / "arwkv7/gate-norm-tied" / name, folder / name);
        Json::Object vocabulary{{"<|endoftext|>", 0}, {"<|im_start|>", 1}, {"<|im_end|>", 2}};
        int spelled = 0x100; // bytes that cannot be printed take the characters from here on
        for (int byte = 0; byte < 256; ++byte) {
            const bool printable =
                (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte < 0xAD) || byte > 0xAD;
            const int character = printable ? byte : spelled++;
            if (byte == 0xC0 || byte == 0xC1 || byte >= 0xF5) // in no UTF-8
                continue;
            vocabulary.emplace(QString(QChar(character)).toStdString(), std::int64_t(vocabulary.size()));
        }
        Json::Array added;
        for (const auto &[content, id] :
             {std::pair("<|endoftext|>", 0), {"<|im_start|>", 1}, {"<|im_end|>", 2}})
            added.push_back(Json::Object{{"id", id}, {"content", content}, {"special", true}});
        const Json tokenizer(Json::Object{
            {"added_tokens", added},
            {"pre_tokenizer", Json::Object{{"type", "ByteLevel"}, {"add_prefix_space", false}}},
            {"model", Json::Object{{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json::Array{}}}}});
        const std::string text = tokenizer.dump();
        TRY_(writeFileAtomically(folder / "tokenizer.json", std::as_bytes(std::span(text))));
        return folder;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestEngine::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
}

void TestEngine::messageGetsAStreamedAnswerThatIsOnDiskWhenFinished()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    const RequestId request =
        harness.engine().post(command::SendMessage{conversation, {}, "Hello, I am Tarquin.", settings(1, 0)});
    const auto started = harness.wait<event::TurnStarted>(request);
    QVERIFY(started && started->userTurn);
    QCOMPARE(started->tokensReused, 0);
    const auto first = harness.wait<event::TextAppended>(request);
    QVERIFY(first);
    const auto finished = harness.wait<event::TurnFinished>(request);
    QVERIFY(finished);

    // A second program sees the turn before this one does anything more.
    REQUIRE(const auto reader, Library::open(library(), OpenMode::ReadOnly));
    REQUIRE(const auto turns, reader->turns(conversation));
    QCOMPARE(turns.size(), std::size_t(2));
    QCOMPARE(turns[1].text, finished->reply.text);
    QVERIFY(turns[1].text.find("Tarquin") != std::string::npos);
    QVERIFY(!turns[1].text.starts_with(' '));
    QVERIFY(turns[0].snapshot && turns[1].snapshot);
    REQUIRE(const auto image, reader->loadSnapshot(*turns[1].snapshot));
    QCOMPARE(std::int64_t(image->tokens.size()), turns[1].position);
    REQUIRE(const auto traces, reader->traces(turns[1].id));
    QCOMPARE(std::int64_t(traces.size()), turns[1].tokens);
    QCOMPARE(traces.front().alternatives.size(), std::size_t(8));
    QCOMPARE(traces.front().alternatives.front().token, traces.front().token); // temperature 0
}

void TestEngine::answersFromWhatTheUserSaidEarlierAcrossARestart()
{
    ConversationId conversation = 0;
    TurnId last = 0;
    {
        Harness harness(library());
        QVERIFY(harness.openModel());
        conversation = harness.newConversation();
        const auto finished = send(harness, conversation, {}, "Hello, I am Tarquin.", settings(1, 0));
        QVERIFY(finished);
        last = finished->reply.id;
    }
    Harness harness(library());
    QVERIFY(harness.openModel());
    const RequestId request =
        harness.engine().post(command::SendMessage{conversation, last, "What is my name?", settings(1, 0)});
    const auto started = harness.wait<event::TurnStarted>(request);
    const auto finished = harness.wait<event::TurnFinished>(request);

    QVERIFY(started && started->tokensReused > 10);
    QVERIFY(finished);
    QCOMPARE(finished->reply.text, std::string("Your name is Tarquin."));
}

void TestEngine::regeneratingReadsNothingAgain()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    const auto first = send(harness, conversation, {}, "Tell me a story about a fox.", settings(1));
    QVERIFY(first);

    const RequestId request =
        harness.engine().post(command::Regenerate{conversation, *first->reply.parent, settings(2)});
    const auto started = harness.wait<event::TurnStarted>(request);
    const auto second = harness.wait<event::TurnFinished>(request);

    QVERIFY(started && second);
    QCOMPARE(started->tokensRead, 0);
    QVERIFY(started->tokensReused > 0);
    QVERIFY(second->reply.id != first->reply.id);
    QVERIFY(second->reply.parent == first->reply.parent);
    QVERIFY(second->reply.text != first->reply.text);
    QCOMPARE(harness.turns(conversation).size(), std::size_t(3));
}

void TestEngine::editingAMessageBranchesFromTheStoredState()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    const auto hello = send(harness, conversation, {}, "Hello, I am Tarquin.", settings(1, 0));
    QVERIFY(hello);
    const auto asked = send(harness, conversation, hello->reply.id, "What is 2 plus 2?", settings(1, 0));
    QVERIFY(asked);

    const RequestId request = harness.engine().post(
        command::SendMessage{conversation, hello->reply.id, "What is my name?", settings(1, 0)});
    const auto started = harness.wait<event::TurnStarted>(request);
    const auto edited = harness.wait<event::TurnFinished>(request);

    QVERIFY(started && edited);
    QCOMPARE(started->tokensReused, hello->reply.position);
    QCOMPARE(edited->reply.text, std::string("Your name is Tarquin."));
    const auto turns = harness.turns(conversation);
    QCOMPARE(turns.size(), std::size_t(6)); // nothing was overwritten
}

void TestEngine::sameSeedGivesTheSameReplyAcrossARestart()
{
    std::string once, again;
    ConversationId conversation = 0;
    TurnId user = 0;
    {
        Harness harness(library());
        QVERIFY(harness.openModel());
        conversation = harness.newConversation();
        const auto finished = send(harness, conversation, {}, "Tell me a story.", settings(77, 1.0f));
        QVERIFY(finished);
        once = finished->reply.text;
        user = *finished->reply.parent;
    }
    Harness harness(library());
    QVERIFY(harness.openModel());
    const auto finished =
        harness.ask<event::TurnFinished>(command::Regenerate{conversation, user, settings(77, 1.0f)});
    QVERIFY(finished);

    QCOMPARE(finished->reply.text, once);
}

void TestEngine::stoppedReplyContinuesAsIfItHadNeverStopped()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    const auto whole = send(harness, conversation, {}, "Tell me a story about a fox.", settings(5, 0.9f, 40));
    QVERIFY(whole);
    QCOMPARE(whole->reason, FinishReason::Length);

    const auto part = harness.ask<event::TurnFinished>(
        command::Regenerate{conversation, *whole->reply.parent, settings(5, 0.9f, 15)});
    QVERIFY(part);
    QCOMPARE(part->reply.status, TurnStatus::Stopped);
    GenerationSettings rest = settings(0, 0.9f, 25); // no new seed: the random numbers go on
    const auto continued =
        harness.ask<event::TurnFinished>(command::ContinueReply{conversation, part->reply.id, rest});

    QVERIFY(continued);
    QCOMPARE(continued->reply.text, whole->reply.text);
    QCOMPARE(continued->reply.tokens, whole->reply.tokens);
    QVERIFY(continued->reply.parent == part->reply.parent);
    REQUIRE(const auto reader, Library::open(library(), OpenMode::ReadOnly));
    REQUIRE(const auto a, reader->loadSnapshot(*whole->reply.snapshot));
    REQUIRE(const auto b, reader->loadSnapshot(*continued->reply.snapshot));
    QVERIFY(a->tokens == b->tokens);
    for (std::size_t i = 0; i < a->state.size(); ++i)
        QVERIFY(*a->state[i].bytes == *b->state[i].bytes);
}

void TestEngine::branchAtATokenKeepsWhatStoodBeforeIt()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    const auto first = send(harness, conversation, {}, "Tell me a story about a fox.", settings(3, 0.7f, 30));
    QVERIFY(first);
    const auto traces = harness.ask<event::TracesLoaded>(command::LoadTraces{first->reply.id});
    QVERIFY(traces && traces->traces->size() == 30);
    const TokenTrace &at = (*traces->traces)[12];
    const TokenId other = at.alternatives[at.alternatives[0].token == at.token ? 1 : 0].token;

    const auto branch = harness.ask<event::TurnFinished>(
        command::BranchAtToken{conversation, first->reply.id, 12, other, settings(3, 0.7f, 10)});

    QVERIFY(branch);
    const auto branched = harness.ask<event::TracesLoaded>(command::LoadTraces{branch->reply.id});
    QVERIFY(branched && branched->traces->size() >= 13);
    for (std::size_t i = 0; i < 12; ++i)
        QCOMPARE((*branched->traces)[i].token, (*traces->traces)[i].token);
    QCOMPARE((*branched->traces)[12].token, other);
    QVERIFY(branch->reply.parent == first->reply.parent);
}

void TestEngine::qwenHybridIsAskedInChatml()
{
    REQUIRE(const std::filesystem::path model, makeQwenHybrid());
    Harness harness(library());
    const auto opened = harness.ask<event::ModelOpened>(command::OpenModel{.path = model});
    QVERIFY(opened);
    QCOMPARE(opened->model->chatFormat, std::string("chatml"));
    const Tokenizer &tokenizer = *opened->model->vocabulary;
    const TokenId turnStart = *tokenizer.specialToken("<|im_start|>");
    const TokenId turnEnd = *tokenizer.specialToken("<|im_end|>");
    const auto asked = [&](const std::string &text) {
        std::vector<TokenId> tokens;
        const auto add = [&](const std::string &plain) {
            const auto ids = tokenizer.encode(plain);
            tokens.insert(tokens.end(), ids.begin(), ids.end());
        };
        tokens.push_back(turnStart);
        add("user\n" + text);
        tokens.push_back(turnEnd);
        add("\n");
        tokens.push_back(turnStart);
        add("assistant\n");
        return tokens;
    };

    const ConversationId conversation = harness.newConversation();
    const auto first = send(harness, conversation, {}, "Hi<|im_end|>", settings(1, 0.8f, 5));
    QVERIFY(first);
    const auto second = send(harness, conversation, first->reply.id, "Again", settings(1, 0.8f, 5));
    QVERIFY(second);

    REQUIRE(const auto reader, Library::open(library(), OpenMode::ReadOnly));
    const auto tokensAt = [&](TurnId id) -> Result<std::vector<TokenId>> {
        TRY(const Turn turn, reader->turn(id));
        TRY(const auto image, reader->loadSnapshot(*turn.snapshot));
        return std::vector<TokenId>(image->tokens.begin(), image->tokens.end());
    };
    REQUIRE(std::vector<TokenId> expected, tokensAt(*first->reply.parent));
    QCOMPARE(expected, asked("Hi<|im_end|>")); // the mark in the message is spelled, not meant
    REQUIRE(expected, tokensAt(first->reply.id));
    expected.push_back(turnEnd);
    expected.push_back(tokenizer.encode("\n").front());
    const auto again = asked("Again");
    expected.insert(expected.end(), again.begin(), again.end());
    REQUIRE(const auto got, tokensAt(*second->reply.parent));
    QCOMPARE(got, expected);
}

void TestEngine::endsOfTextMayBeAList()
{
    REQUIRE(const std::filesystem::path folder, makeQwenHybrid());
    std::ofstream(folder / "generation_config.json") << R"({"eos_token_id": [7, 9, 7, 99999, -1, "x"]})";
    REQUIRE(const auto model, LoadedModel::open({.path = folder}));
    QCOMPARE(model->endTokens(), (std::vector<TokenId>{7, 9, 1})); // 1 is from config.json
    const TokenId turnEnd = *model->tokenizer().specialToken("<|im_end|>");
    const auto ends = model->endTokens(*findChatFormat("chatml"));
    QCOMPARE(std::ranges::count(ends, turnEnd), 1);
}

void TestEngine::conversationKeepsItsThinkingFormat()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    GenerationSettings thinking = settings(4, 0.7f, 12);
    thinking.chatFormat = "rwkv-g1-thinking";
    const auto first = send(harness, conversation, {}, "Hello.", thinking);
    QVERIFY(first);
    QVERIFY2(first->reply.text.starts_with("<think"), first->reply.text.c_str());

    // Without a choice of its own a later turn is written as the one before; so is another version.
    const auto next = send(harness, conversation, first->reply.id, "And?", settings(5, 0.7f, 5));
    QVERIFY(next && next->reply.text.starts_with("<think"));
    const auto again = harness.ask<event::TurnFinished>(
        command::Regenerate{conversation, *first->reply.parent, settings(6, 0.7f, 5)});
    QVERIFY(again && again->reply.text.starts_with("<think"));

    const auto traces = harness.ask<event::TracesLoaded>(command::LoadTraces{first->reply.id});
    QVERIFY(traces && traces->traces->size() > 4);
    const auto branch = harness.ask<event::TurnFinished>(command::BranchAtToken{
        conversation, first->reply.id, 3, (*traces->traces)[3].token, settings(4, 0.7f, 5)});
    QVERIFY(branch);
    QVERIFY2(branch->reply.text.starts_with(first->reply.text.substr(0, 8)), branch->reply.text.c_str());

    GenerationSettings plain = settings(5, 0.7f, 5);
    plain.chatFormat = "rwkv-chat"; // chosen by hand
    const auto changed = send(harness, conversation, first->reply.id, "And?", plain);
    QVERIFY(changed && !changed->reply.text.starts_with("<think"));
}

void TestEngine::conversationIsNamedAfterItsFirstMessage()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    const RequestId request = harness.engine().post(
        command::SendMessage{conversation,
                             {},
                             "Tell me about the very long voyage of the little boat\nplease",
                             settings(1, 0, 5)});
    const auto changed = harness.wait<event::ConversationChanged>(request);

    QVERIFY(changed);
    QCOMPARE(changed->conversation.title, std::string("Tell me about the very long voyage of the little…"));
}

void TestEngine::textOfARunningReplyIsKeptWhenTheEngineEnds()
{
    ConversationId conversation = 0;
    std::string shown;
    {
        Harness harness(library());
        QVERIFY(harness.openModel());
        conversation = harness.newConversation();
        harness.engine().post(
            command::SendMessage{conversation, {}, "Tell me a story.", settings(4, 1.5f, 100000)});
        for (int i = 0; i < 5; ++i) {
            const auto text = harness.wait<event::TextAppended>();
            QVERIFY(text);
            shown += text->text;
        }
        harness.close();
    }
    Harness harness(library());
    const auto turns = harness.turns(conversation);

    QCOMPARE(turns.size(), std::size_t(2));
    QVERIFY(turns[1].text.starts_with(shown));
    QCOMPARE(turns[1].status, TurnStatus::Stopped);
    QVERIFY(turns[1].snapshot);
}

void TestEngine::anotherModelIsRefusedByName()
{
    // The same model with one weight changed is another model.
    const std::filesystem::path other = m_folder->filePath("other-goose").toStdString();
    std::filesystem::copy(bundledModel(), other);
    std::filesystem::permissions(other / "model.gguf", std::filesystem::perms::owner_write,
                                 std::filesystem::perm_options::add);
    {
        std::fstream file(other / "model.gguf", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(-100, std::ios::end);
        file.put('\1');
    }
    std::ofstream(other / "config.json") << R"({"name": "other-goose"})";
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    const auto hello = send(harness, conversation, {}, "Hello.", settings(1, 0, 5));
    QVERIFY(hello);
    QVERIFY(harness.openModel(other));

    const auto failed = harness.ask<event::GenerationFailed>(
        command::SendMessage{conversation, hello->reply.id, "Again.", settings(1)});

    QVERIFY(failed);
    QCOMPARE(failed->error.code, ErrorCode::Mismatch);
    const auto what = QString::fromStdString(failed->error.what);
    QVERIFY2(what.contains("goose-tiny") && what.contains("other-goose"), qPrintable(what));
    QCOMPARE(harness.turns(conversation).size(), std::size_t(2));
}

void TestEngine::aConversationCanBeginWithATunedState()
{
    const auto tuned = writeTunedState(tunedState(), 12, 4);
    Harness harness(library());
    const auto opened = harness.ask<event::ModelOpened>(command::OpenModel{
        .path = bundledModel(), .options = {.weightType = {}, .adapters = {}, .initialState = tuned}});
    QVERIFY(opened);
    QCOMPARE(opened->model->options.initialState, tuned);
    const auto byModel = send(harness, harness.newConversation(), {}, "Tell me a story.", settings(1, 0));
    QVERIFY(byModel);
    QVERIFY(harness.openModel());
    const auto plain = send(harness, harness.newConversation(), {}, "Tell me a story.", settings(1, 0));
    QVERIFY(plain);
    GenerationSettings with = settings(1, 0);
    with.initialState = tuned;
    const ConversationId conversation = harness.newConversation();

    const auto own = send(harness, conversation, {}, "Tell me a story.", with);

    QVERIFY(own);
    QCOMPARE(own->reply.text, byModel->reply.text);
    QVERIFY(own->reply.text != plain->reply.text);
    // The state is in the snapshots from the first turn on: nobody needs the file any more.
    std::filesystem::remove(tuned);
    QVERIFY(send(harness, conversation, own->reply.id, "And then?", with));
}

void TestEngine::aTunedStateThatDoesNotFitLeavesNothingBehind()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    GenerationSettings with = settings(1);
    for (const auto &file :
         {writeTunedState(tunedState(), 11, 0.3f), std::filesystem::path("/nowhere/state.pth")}) {
        with.initialState = file;

        const auto failed =
            harness.ask<event::GenerationFailed>(command::SendMessage{conversation, {}, "Hello.", with});

        QVERIFY(failed);
        QVERIFY2(failed->error.what.find(file.filename().string()) != std::string::npos,
                 failed->error.what.c_str());
        QVERIFY(harness.turns(conversation).empty());
    }
}

void TestEngine::whatAModelIsOpenedWithIsSaidAndCanBeNoted()
{
    const ModelOptions options{
        .weightType = DType::Q4_K,
        .adapters = {{.path = "/a/poems.pth", .strength = 0.8, .alpha = 32, .pissaInit = "/a/init.pth"},
                     {.path = "/b/plain", .alpha = {}, .pissaInit = {}}},
        .initialState = "/c/pirate.pth"};

    REQUIRE(const auto again, ModelOptions::fromJson(options.toJson()));
    QVERIFY(again == options);
    QCOMPARE(options.summary(), std::string("poems × 0.8, plain, pirate, q4_k"));
    REQUIRE(const auto nothing, ModelOptions::fromJson(ModelOptions().toJson()));
    QVERIFY(nothing == ModelOptions());
    QVERIFY(ModelOptions().summary().empty());
    for (const char *bad : {"", "[", R"({"weight_type": "q9"})", R"({"adapters": [{"path": ""}]})",
                            R"({"adapters": [{"path": "/a", "strength": "much"}]})"})
        QVERIFY2(!ModelOptions::fromJson(bad), bad);

    GenerationSettings with = settings(7);
    with.initialState = "/c/pirate.pth";
    with.beginning = 7;
    REQUIRE(const auto noted, GenerationSettings::fromJson(with.toJson()));
    QVERIFY(noted == with);
}

void TestEngine::whatAnyConversationHasReadIsNotReadAgain()
{
    const std::string story =
        "There was a duck who lived by a pond. Every morning she swam to the other side "
        "to see whether the frogs were awake. What did the duck do?";
    std::string before;
    std::int64_t tokens = 0;
    {
        Harness harness(library());
        QVERIFY(harness.openModel());
        const RequestId request = harness.engine().post(
            command::SendMessage{harness.newConversation(), {}, story, settings(3, 0.8f)});
        const auto started = harness.wait<event::TurnStarted>(request);
        QVERIFY(started);
        QCOMPARE(started->tokensReused, 0);
        tokens = started->tokensRead;
        const auto finished = harness.wait<event::TurnFinished>(request);
        QVERIFY(finished);
        before = finished->reply.text;
    }
    Harness harness(library()); // another run of the program
    QVERIFY(harness.openModel());
    const RequestId again =
        harness.engine().post(command::SendMessage{harness.newConversation(), {}, story, settings(3, 0.8f)});
    const auto started = harness.wait<event::TurnStarted>(again);
    QVERIFY(started);
    QCOMPARE(started->tokensRead, 0);
    QCOMPARE(started->tokensReused, tokens);
    const auto finished = harness.wait<event::TurnFinished>(again);
    QVERIFY(finished);
    QCOMPARE(finished->reply.text, before); // the same seed, the same bits

    // A text that only begins the same is read as a whole: no state was stored in the middle of a turn.
    const RequestId other = harness.engine().post(
        command::SendMessage{harness.newConversation(), {}, story + " And why?", settings(3, 0)});
    const auto otherStarted = harness.wait<event::TurnStarted>(other);
    QVERIFY(otherStarted);
    QCOMPARE(otherStarted->tokensReused, 0);
    QVERIFY(otherStarted->tokensRead > tokens);
}

void TestEngine::statesOfAnotherBeginningAreNotTakenForKnown()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    GenerationSettings tuned = settings(1, 0, 3);
    tuned.initialState = writeTunedState(tunedState(), 12, 1);
    const auto readBy = [&](const GenerationSettings &with) {
        const RequestId request =
            harness.engine().post(command::SendMessage{harness.newConversation(), {}, "Hello there.", with});
        const auto started = harness.wait<event::TurnStarted>(request);
        harness.wait<event::TurnFinished>(request);
        return started ? started->tokensRead : -1;
    };

    const std::int64_t first = readBy(settings(1, 0, 3));
    QVERIFY(first > 0);
    QCOMPARE(readBy(settings(1, 0, 3)), 0);
    QCOMPARE(readBy(tuned), first);
    QCOMPARE(readBy(tuned), 0);
    tuned.initialState = writeTunedState(tunedState(), 12, 1); // other numbers in the same file
    QCOMPARE(readBy(tuned), first);
}

void TestEngine::chatStartsFromASnapshotOfATurn()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation("About Tarquin");
    const auto first = send(harness, conversation, {}, "Hello, I am Tarquin.", settings(1, 0));
    QVERIFY(first);
    const auto second = send(harness, conversation, first->reply.id, "What is my name?", settings(1, 0));
    QVERIFY(second);

    const RequestId request =
        harness.engine().post(command::StartFromSnapshot{*first->reply.snapshot, settings(1, 0)});
    const auto created = harness.wait<event::ConversationCreated>(request);
    QVERIFY(created);
    QCOMPARE(created->conversation.title, std::string("About Tarquin"));
    const auto opened = harness.wait<event::ConversationOpened>(request);
    QVERIFY(opened);
    QCOMPARE(opened->turns->size(), std::size_t(2));
    QCOMPARE((*opened->turns)[1].text, first->reply.text);
    QCOMPARE(opened->conversation.current, std::optional((*opened->turns)[1].id));

    // The same question there has been read before and is answered the same way.
    const RequestId asked = harness.engine().post(command::SendMessage{
        opened->conversation.id, (*opened->turns)[1].id, "What is my name?", settings(1, 0)});
    const auto started = harness.wait<event::TurnStarted>(asked);
    QVERIFY(started);
    QCOMPARE(started->tokensRead, 0);
    const auto answered = harness.wait<event::TurnFinished>(asked);
    QVERIFY(answered);
    QCOMPARE(answered->reply.text, second->reply.text);
}

void TestEngine::sharedSnapshotIsImportedAndGoneOnFrom()
{
    const std::filesystem::path file = m_folder->filePath("my start.volary").toStdString();
    std::string before, after;
    {
        Harness harness(library());
        QVERIFY(harness.openModel());
        const ConversationId conversation = harness.newConversation();
        const auto first = send(harness, conversation, {}, "Hello, I am Tarquin.", settings(1, 0));
        QVERIFY(first);
        before = first->reply.text;
        const auto second = send(harness, conversation, first->reply.id, "What is my name?", settings(1, 0));
        QVERIFY(second);
        after = second->reply.text;
        QVERIFY(harness.ask<event::Exported>(command::ExportSnapshot{*first->reply.snapshot, file}));
    }
    Harness harness(m_folder->filePath("other.db").toStdString());
    QVERIFY(harness.openModel());

    const auto imported = harness.ask<event::SnapshotImported>(command::ImportSnapshot{file});

    QVERIFY(imported);
    QCOMPARE(imported->snapshot.name, std::string("my start")); // so that it is kept
    const auto opened = harness.ask<event::ConversationOpened>(
        command::StartFromSnapshot{imported->snapshot.id, settings(1, 0)});
    QVERIFY(opened);
    QCOMPARE(opened->turns->size(), std::size_t(1));
    const Turn &read = opened->turns->front();
    QVERIFY2(read.text.find("Hello, I am Tarquin.") != std::string::npos, read.text.c_str());
    QVERIFY2(read.text.find(before) != std::string::npos, read.text.c_str());
    const auto answered = send(harness, opened->conversation.id, read.id, "What is my name?", settings(1, 0));
    QVERIFY(answered);
    QCOMPARE(answered->reply.text, after);
}

void TestEngine::snapshotsAreComparedAndDrawn()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    const auto a = send(harness, conversation, {}, "Hello.", settings(1, 0, 5));
    const auto b = send(harness, conversation, {}, "Good night.", settings(1, 0, 5));
    QVERIFY(a && b);
    const auto compare = [&](SnapshotId first, SnapshotId second) {
        return harness.ask<event::SnapshotsCompared>(command::CompareSnapshots{first, second});
    };

    const auto same = compare(*a->reply.snapshot, *a->reply.snapshot);
    const auto different = compare(*a->reply.snapshot, *b->reply.snapshot);
    const auto drawn = harness.ask<event::SnapshotDrawn>(command::DrawSnapshot{*a->reply.snapshot});

    QVERIFY(same && different && drawn);
    for (const TensorDiff &tensor : same->diff->tensors)
        QCOMPARE(tensor.whole.distance, 0.0);
    QVERIFY(different->diff->commonTokens < different->diff->tokensA);
    QVERIFY(std::ranges::all_of(different->diff->tensors,
                                [](const TensorDiff &tensor) { return tensor.whole.distance > 0; }));
    QCOMPARE(drawn->picture->layers, 12);
    QCOMPARE(drawn->picture->heads, 4);
    QVERIFY(std::ranges::any_of(drawn->picture->cells, [](float cell) { return cell > 0; }));
    QVERIFY(harness.ask<event::CommandFailed>(command::CompareSnapshots{*a->reply.snapshot, 999}));
    QVERIFY(harness.ask<event::CommandFailed>(command::DrawSnapshot{999}));

    const auto pinned = harness.ask<event::SnapshotChanged>(command::PinSnapshot{*a->reply.snapshot, true});
    QVERIFY(pinned && pinned->snapshot.pinned);
    const auto named =
        harness.ask<event::SnapshotChanged>(command::NameSnapshot{*a->reply.snapshot, "Greeting"});
    QVERIFY(named && named->snapshot.pinned);
    QCOMPARE(named->snapshot.name, std::string("Greeting"));
    const auto list = harness.ask<event::SnapshotList>(command::ListSnapshots{});
    QVERIFY(list);
    QCOMPARE(list->snapshots->size(), std::size_t(4)); // two turns of the user, two replies
    QVERIFY(harness.ask<event::CommandFailed>(
        command::DisposeSnapshot{*a->reply.snapshot, command::Disposal::Trash})); // it belongs to a turn
}

void TestEngine::stateCanBeWatchedWhileAReplyIsWritten()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    harness.engine().post(command::WatchState{true});
    const RequestId request = harness.engine().post(
        command::SendMessage{conversation, {}, "Tell me a long story.", settings(1, 0, 400)});

    const auto observed = harness.wait<event::StateObserved>(request);

    QVERIFY(observed);
    QCOMPARE(observed->conversation, conversation);
    QCOMPARE(observed->image->state.size(), std::size_t(36));
    const auto finished = harness.wait<event::TurnFinished>(request);
    QVERIFY(finished);
    // It is the state that going on from those tokens gives: the stored one, and the same text read anew.
    QVERIFY(std::int64_t(observed->image->tokens.size()) <= finished->reply.position);
    const auto stored =
        harness.ask<event::SnapshotInspected>(command::InspectSnapshot{*finished->reply.snapshot});
    QVERIFY(stored);
    QVERIFY(std::ranges::equal(observed->image->tokens,
                               std::span(stored->image->tokens).first(observed->image->tokens.size())));
    // While the image is held, no further one is made; unwatched, none at all.
    harness.engine().post(command::WatchState{false});
    const RequestId unwatched = harness.engine().post(
        command::SendMessage{conversation, finished->reply.id, "And then?", settings(1, 0, 100)});
    QVERIFY(harness.wait<event::TurnFinished>(unwatched));
    QCOMPARE(harness.observed(), 1);
}

void TestEngine::snapshotOfAnotherModelStartsNothing()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const auto said = send(harness, harness.newConversation(), {}, "Hello.", settings(1, 0, 5));
    QVERIFY(said);
    QVERIFY(harness.openModel(bundledModel("goldfinch-tiny")));
    const command::StartFromSnapshot start{*said->reply.snapshot, settings(1)};

    const auto refused = harness.ask<event::CommandFailed>(start);

    QVERIFY(refused);
    QVERIFY(refused->error.what.find("goose-tiny") != std::string::npos);
    QVERIFY(refused->error.what.find("goldfinch-tiny") != std::string::npos);
    QVERIFY(harness.ask<event::ModelClosed>(command::CloseModel{}));
    const auto without = harness.ask<event::CommandFailed>(start);
    QVERIFY(without && !without->error.remedy.empty());
    const auto list = harness.ask<event::ConversationList>(command::ListConversations{});
    QVERIFY(list);
    QCOMPARE(list->conversations.size(), std::size_t(1));
}

void TestEngine::withoutAModelTheMessageFailsPolitely()
{
    Harness harness(library());
    const ConversationId conversation = harness.newConversation();

    const auto failed =
        harness.ask<event::GenerationFailed>(command::SendMessage{conversation, {}, "Hello.", settings(1)});

    QVERIFY(failed);
    QVERIFY(!failed->error.remedy.empty());
}

void TestEngine::brokenModelLeavesTheOldOneOpen()
{
    const std::filesystem::path broken = m_folder->filePath("broken.safetensors").toStdString();
    std::ofstream(broken) << "not a model at all, only some text that is long enough to look at";
    Harness harness(library());
    QVERIFY(harness.openModel());

    const auto failed = harness.ask<event::ModelFailed>(command::OpenModel{.path = broken});

    QVERIFY(failed);
    QVERIFY(QString::fromStdString(failed->error.what).contains("broken.safetensors"));
    const ConversationId conversation = harness.newConversation();
    QVERIFY(send(harness, conversation, {}, "Hello.", settings(1, 0, 5)));
}

void TestEngine::loadingAModelCanBeCancelled()
{
    Harness harness(library());
    const RequestId request = harness.engine().post(command::OpenModel{.path = bundledModel()});
    harness.engine().cancel(request);

    const auto failed = harness.wait<event::ModelFailed>(request);

    QVERIFY(failed);
    QCOMPARE(failed->error.code, ErrorCode::Cancelled);
}

void TestEngine::withoutALibraryChatFailsPolitely()
{
    const std::filesystem::path nowhere = m_folder->filePath("not-a-library").toStdString();
    std::ofstream(nowhere) << std::string(5000, 'x');
    Harness harness(nowhere);

    const auto failed = harness.wait<event::LibraryFailed>();
    QVERIFY(failed && !failed->error.what.empty());
    const auto command = harness.ask<event::CommandFailed>(command::ListConversations{});
    QVERIFY(command);
    QCOMPARE(std::filesystem::file_size(nowhere), std::uintmax_t(5000)); // untouched
}

void TestEngine::exportHoldsThePathAndTheTree()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation("A fox");
    const auto one = send(harness, conversation, {}, "Tell me a story about a fox.", settings(1, 0.8f, 12));
    QVERIFY(one);
    QVERIFY(
        harness.ask<event::TurnFinished>(command::Regenerate{conversation, *one->reply.parent, settings(2)}));
    const std::filesystem::path markdown = m_folder->filePath("chat.md").toStdString();
    const std::filesystem::path json = m_folder->filePath("chat.json").toStdString();

    QVERIFY(harness.ask<event::Exported>(command::ExportConversation{conversation, one->reply.id, markdown}));
    QVERIFY(harness.ask<event::Exported>(command::ExportConversation{conversation, {}, json}));
    const auto refused = harness.ask<event::CommandFailed>(
        command::ExportConversation{conversation, {}, markdown.string() + "x"});

    REQUIRE(const std::string text, readFile(markdown, 1 << 20));
    QVERIFY(text.starts_with("# A fox\n"));
    QVERIFY(text.find(one->reply.text) != std::string::npos);
    REQUIRE(const std::string tree, readFile(json, 1 << 20));
    REQUIRE(const Json parsed, Json::parse(tree));
    QCOMPARE(parsed.find("turns")->array()->size(), std::size_t(3));
    QVERIFY(refused);
}

void TestEngine::exportedAnswerLeavesOutWhatWasThought()
{
    Turn user, reply;
    user.id = 1;
    user.role = Role::User;
    user.text = "<think>mine</think> ok?"; // what a person writes is never taken apart
    reply.id = 2;
    reply.parent = 1;
    reply.role = Role::Assistant;
    reply.text = "<think>Hm.</think>\n\nYes.";
    const std::vector<Turn> turns{user, reply};
    const std::filesystem::path markdown = m_folder->filePath("a.md").toStdString();
    const std::filesystem::path json = m_folder->filePath("a.json").toStdString();
    QVERIFY(exportConversation({}, turns, 2, markdown));
    QVERIFY(exportConversation({}, turns, 2, json));

    REQUIRE(const std::string text, readFile(markdown, 1 << 20));
    QVERIFY(text.find(user.text) != std::string::npos);
    QVERIFY(text.find("Yes.") != std::string::npos && text.find("Hm.") == std::string::npos);
    REQUIRE(const std::string tree, readFile(json, 1 << 20));
    REQUIRE(const Json parsed, Json::parse(tree));
    const Json &exported = (*parsed.find("turns")->array())[1];
    QCOMPARE(*exported.find("text")->string(), std::string("Yes."));
    QCOMPARE(*exported.find("thought")->string(), std::string("Hm."));
}

void TestEngine::searchFindsWhatWasSaid()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const ConversationId conversation = harness.newConversation();
    const auto finished =
        send(harness, conversation, {}, "Please remember the word marzipan.", settings(1, 0, 5));
    QVERIFY(finished);

    const auto found = harness.ask<event::SearchResults>(command::Search{"marzi"});

    QVERIFY(found);
    const auto isTheMessage = [&](const SearchHit &hit) { return hit.turn == *finished->reply.parent; };
    QVERIFY(std::ranges::any_of(found->hits, isTheMessage));
}

void TestEngine::libraryIsBackedUpWhileItIsOpen()
{
    const std::filesystem::path copy = m_folder->filePath("copy.volary-backup").toStdString();
    ConversationId conversation = 0;
    std::vector<Turn> turns;
    {
        Harness harness(library());
        QVERIFY(harness.openModel());
        conversation = harness.newConversation();
        QVERIFY(send(harness, conversation, {}, "Hello.", settings(1, 0, 5)));
        turns = harness.turns(conversation);

        const auto done = harness.ask<event::LibraryBackedUp>(command::BackUpLibrary{copy});

        QVERIFY(done);
        QVERIFY(done->damage.empty());
        QVERIFY(send(harness, conversation, turns.back().id, "Again.", settings(1, 0, 5)));
        const auto failed = harness.ask<event::CommandFailed>(command::BackUpLibrary{library()});
        QVERIFY(failed);
        QCOMPARE(failed->error.code, ErrorCode::Invalid);
    }
    VERIFY_OK(Library::restore(copy, library(), [](double) { return true; }));
    Harness harness(library());
    QVERIFY(harness.openModel());
    QCOMPARE(harness.turns(conversation).size(), turns.size());
    QVERIFY(send(harness, conversation, turns.back().id, "Again.", settings(1, 0, 5)));
}

QTEST_GUILESS_MAIN(TestEngine)
#include "tst_engine.moc"
