// Personas: stored beginnings of chats, made of a text or of a tuned state.
#include "core/engine/loaded_model.h"
#include "core/session/generation.h"
#include "core/text/chat_format.h"
#include "tests/engine/harness.h"
#include "tests/engine/tuned_state.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QTest>

using namespace volary;
using namespace volary::test;

namespace {

constexpr const char *kText = "My name is Tarquin and I have a cat named Momo.";

GenerationSettings settings(SnapshotId beginning)
{
    GenerationSettings s;
    s.sampler.seed = 1;
    s.sampler.temperature = 0;
    s.maxTokens = 40;
    s.beginning = beginning;
    return s;
}

command::MakePersona persona(std::string name, std::string text, std::filesystem::path tuned = {})
{
    return {
        .name = std::move(name), .text = std::move(text), .initialState = std::move(tuned), .chatFormat = {}};
}

} // namespace

class TestPersonas : public QObject {
    Q_OBJECT

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void chatBeginsWithWhatAPersonaHasRead()
    {
        SnapshotId id = 0;
        std::int64_t tokens = 0;
        {
            Harness harness(library());
            QVERIFY(harness.openModel());
            const auto made = harness.ask<event::PersonaMade>(persona("Tarquin", kText));
            QVERIFY(made);
            QCOMPARE(made->snapshot.name, std::string("Tarquin"));
            QVERIFY(made->snapshot.tokens > 5);
            id = made->snapshot.id;
            tokens = made->snapshot.tokens;
        }
        Harness harness(library()); // started anew
        QVERIFY(harness.openModel());
        const ConversationId conversation = harness.newConversation();
        const RequestId request = harness.engine().post(
            command::SendMessage{conversation, {}, "What is my cat's name?", settings(id)});
        const auto started = harness.wait<event::TurnStarted>(request);
        QVERIFY(started);
        QCOMPARE(started->tokensReused, tokens);
        QCOMPARE(started->userTurn->position, tokens + started->tokensRead);
        const auto finished = harness.wait<event::TurnFinished>(request);
        QVERIFY(finished);

        REQUIRE(const std::string expected, replyAfterReadingEverything("What is my cat's name?"));
        QCOMPARE(finished->reply.text, expected);
    }

    void aTunedStateBecomesAPersona()
    {
        const auto tuned = writeTunedState(m_folder->filePath("tuned.safetensors").toStdString(), 12, 4);
        Harness harness(library());
        QVERIFY(harness.openModel());
        GenerationSettings byFile = settings(0);
        byFile.initialState = tuned;
        const auto expected = say(harness, "Tell me a story.", byFile);
        QVERIFY(expected);
        const auto made = harness.ask<event::PersonaMade>(persona("Pirate", "", tuned));
        QVERIFY(made);
        QCOMPARE(made->snapshot.tokens, std::int64_t(0));
        std::filesystem::remove(tuned); // nobody needs it any more

        GenerationSettings both = settings(made->snapshot.id);
        both.initialState = "/nowhere/at/all.pth"; // the persona goes before it
        for (const GenerationSettings &with : {settings(made->snapshot.id), both}) {
            const auto reply = say(harness, "Tell me a story.", with);
            QVERIFY(reply);
            QCOMPARE(reply->reply.text, expected->reply.text);
        }
        const auto plain = say(harness, "Tell me a story.", settings(0));
        QVERIFY(plain);
        QVERIFY(plain->reply.text != expected->reply.text);
    }

    void textIsReadOnTopOfATunedState()
    {
        const auto tuned = writeTunedState(m_folder->filePath("tuned.safetensors").toStdString(), 12, 0.3f);
        Harness harness(library());
        QVERIFY(harness.openModel());
        const auto plain = harness.ask<event::PersonaMade>(persona("Plain", kText));
        const auto both = harness.ask<event::PersonaMade>(persona("Both", kText, tuned));
        QVERIFY(plain && both);
        QCOMPARE(both->snapshot.tokens, plain->snapshot.tokens);
        const auto compared = harness.ask<event::SnapshotsCompared>(
            command::CompareSnapshots{plain->snapshot.id, both->snapshot.id});
        QVERIFY(compared);
        bool differs = false;
        for (const TensorDiff &tensor : compared->diff->tensors)
            differs = differs || tensor.whole.largest > 0;
        QVERIFY(differs);
    }

    void namedSnapshotsOfTheOpenModelAreListed()
    {
        Harness harness(library());
        QVERIFY(list(harness).empty()); // no model is open
        QVERIFY(harness.openModel());
        const auto b = harness.ask<event::PersonaMade>(persona("b", "One."));
        const auto a = harness.ask<event::PersonaMade>(persona("A", "Two."));
        const auto thrown = harness.ask<event::PersonaMade>(persona("c", "Three."));
        QVERIFY(a && b && thrown);
        const auto reply = say(harness, "Hello.", settings(0)); // its snapshots have no names
        QVERIFY(reply);
        QVERIFY(harness.ask<event::SnapshotDisposed>(
            command::DisposeSnapshot{thrown->snapshot.id, command::Disposal::Trash}));

        QCOMPARE(list(harness), (std::vector<SnapshotId>{a->snapshot.id, b->snapshot.id}));

        QVERIFY(harness.ask<event::SnapshotChanged>(
            command::NameSnapshot{*reply->reply.snapshot, "after hello"}));
        QCOMPARE(list(harness),
                 (std::vector<SnapshotId>{a->snapshot.id, *reply->reply.snapshot, b->snapshot.id}));
        QVERIFY(harness.ask<event::ModelClosed>(command::CloseModel{}));
        QVERIFY(list(harness).empty());
    }

    void chatThatBeganWithAPersonaOutlivesIt()
    {
        Harness harness(library());
        QVERIFY(harness.openModel());
        const auto made = harness.ask<event::PersonaMade>(persona("Tarquin", kText));
        QVERIFY(made);
        const GenerationSettings with = settings(made->snapshot.id);
        const auto first = say(harness, "Hello.", with);
        QVERIFY(first);
        QVERIFY(harness.ask<event::SnapshotDisposed>(
            command::DisposeSnapshot{made->snapshot.id, command::Disposal::DeleteForGood}));

        const auto goesOn = harness.ask<event::TurnFinished>(
            command::SendMessage{first->reply.conversation, first->reply.id, "Go on.", with});
        QVERIFY(goesOn);
        const ConversationId another = harness.newConversation();
        const auto failed =
            harness.ask<event::GenerationFailed>(command::SendMessage{another, {}, "Hello.", with});
        QVERIFY(failed);
        QCOMPARE(failed->error.code, ErrorCode::NotFound);
        QVERIFY(harness.turns(another).empty());
    }

    void personaOfAnotherModelIsRefusedByName()
    {
        Harness harness(library());
        QVERIFY(harness.openModel());
        const auto made = harness.ask<event::PersonaMade>(persona("Tarquin", kText));
        QVERIFY(made);
        QVERIFY(harness.openModel(bundledModel("goldfinch-tiny")));
        const ConversationId conversation = harness.newConversation();
        const auto failed = harness.ask<event::GenerationFailed>(
            command::SendMessage{conversation, {}, "Hello.", settings(made->snapshot.id)});
        QVERIFY(failed);
        QCOMPARE(failed->error.code, ErrorCode::Mismatch);
        QVERIFY(failed->error.what.find("goose-tiny") != std::string::npos);
        QVERIFY(harness.turns(conversation).empty());
    }

    void nothingIsStoredOfAPersonaThatCannotBeMade()
    {
        Harness harness(library());
        const auto without = harness.ask<event::CommandFailed>(persona("Tarquin", kText));
        QVERIFY(without);
        QCOMPARE(without->error.code, ErrorCode::NotFound);
        QVERIFY(harness.openModel());
        for (const auto &bad : {persona("", kText), persona(" ", kText), persona("Tarquin", " \n"),
                                persona("\xff", kText), persona("Tarquin", kText, "/nowhere/state.pth")})
            QVERIFY(harness.ask<event::CommandFailed>(bad));

        std::string book;
        for (int i = 0; i < 20'000; ++i)
            book += "And then there was one more. ";
        const RequestId request = harness.engine().post(persona("Book", book));
        QVERIFY(harness.wait<event::PromptProgress>(request));
        harness.engine().cancel(request);
        const auto cancelled = harness.wait<event::CommandFailed>(request);
        QVERIFY(cancelled);
        QCOMPARE(cancelled->error.code, ErrorCode::Cancelled);

        QVERIFY(list(harness).empty());
    }

private:
    std::filesystem::path library() const { return m_folder->filePath("library.volary").toStdString(); }

    std::optional<event::TurnFinished> say(Harness &harness, const std::string &text,
                                           const GenerationSettings &with)
    {
        return harness.ask<event::TurnFinished>(
            command::SendMessage{harness.newConversation(), {}, text, with});
    }

    std::vector<SnapshotId> list(Harness &harness)
    {
        std::vector<SnapshotId> ids;
        if (const auto listed = harness.ask<event::BeginningList>(command::ListBeginnings{}))
            for (const SnapshotSummary &snapshot : *listed->snapshots)
                ids.push_back(snapshot.id);
        return ids;
    }

    // By one session that reads the system text and the message from the start.
    Result<std::string> replyAfterReadingEverything(const std::string &message)
    {
        TRY(const auto model, LoadedModel::open({.path = bundledModel(), .options = {}, .vocabularies = {}},
                                                [](double, std::string_view) {}, {}));
        const GenerationSettings with = settings(0);
        TRY(Session session, model->newSession(with.sampler));
        const ChatFormat &format = *findChatFormat(model->description()->chatFormat);
        TRY(const auto before, encode(model->tokenizer(), format.openSystem(kText)));
        TRY(const auto after, encode(model->tokenizer(), format.openTurn(message, false)));
        TRY_(session.feed(before));
        TRY_(session.feed(after));
        TRY(Generation generation, Generation::start(session, model->tokenizer(),
                                                     {.maxTokens = with.maxTokens,
                                                      .stops = format.stops,
                                                      .endTokens = model->endTokens(format),
                                                      .forceStart = false,
                                                      .carry = {}}));
        std::string text = format.lead;
        for (;;) {
            TRY(const Generation::Step step, generation.next());
            text += step.text;
            if (step.finished) { // tells what was held back
                TRY(const Generation::Step rest, generation.finish(*step.finished));
                text += rest.text;
                break;
            }
        }
        text.erase(0, text.find_first_not_of(" \n\r\t"));
        return text;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestPersonas)
#include "tst_personas.moc"
