// Exported chats: what is read from files of other programs, what is refused, and how a chat goes on.
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/engine/chat_import.h"
#include "core/engine/export.h"
#include "tests/engine/harness.h"
#include "tests/support/golden.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QTest>

using namespace volary;
using namespace volary::test;

namespace {

Json said(const char *role, const char *text, double time = 0)
{
    return Json::Object{{"author", Json::Object{{"role", role}}},
                        {"create_time", time},
                        {"content", Json::Object{{"content_type", "text"}, {"parts", Json::Array{text}}}}};
}

Json node(Json message, Json parent, std::vector<const char *> children)
{
    Json::Array names(children.begin(), children.end());
    return Json::Object{
        {"message", std::move(message)}, {"parent", std::move(parent)}, {"children", std::move(names)}};
}

// Two versions of an answer, a picture with a caption, and a tool that is called within an answer.
std::string chatGptExport()
{
    const Json picture = Json::Object{{"content_type", "image_asset_pointer"}};
    const Json image =
        Json::Object{{"author", Json::Object{{"role", "user"}}},
                     {"create_time", 1'700'000'020.5},
                     {"content", Json::Object{{"content_type", "multimodal_text"},
                                              {"parts", Json::Array{picture, "What is this?"}}}}};
    const Json call =
        Json::Object{{"author", Json::Object{{"role", "assistant"}}},
                     {"recipient", "browser"},
                     {"content", Json::Object{{"content_type", "code"}, {"text", "search('fox')"}}}};
    Json::Object mapping{
        {"z-root", node(Json(), Json(), {"y-system"})},
        {"y-system", node(said("system", ""), "z-root", {"x-hello"})},
        {"x-hello", node(said("user", "Hello", 1'700'000'000.25), "y-system", {"w-second", "a-first"})},
        {"w-second", node(said("assistant", "Hi!"), "x-hello", {})},
        {"a-first", node(said("assistant", "Good day."), "x-hello", {"b"})},
        {"b", node(image, "a-first", {"c"})},
        {"c", node(said("assistant", "Let me look."), "b", {"d"})},
        {"d", node(call, "c", {"e"})},
        {"e", node(said("tool", "a result"), "d", {"f"})},
        {"f", node(said("assistant", "It is a fox."), "e", {})},
    };
    return Json(Json::Array{Json::Object{{"title", "A fox"},
                                         {"create_time", 1'700'000'000.125},
                                         {"update_time", 1'700'000'100.0},
                                         {"mapping", std::move(mapping)},
                                         {"current_node", "f"}}})
        .dump();
}

GenerationSettings settings()
{
    GenerationSettings s;
    s.sampler.seed = 5;
    s.maxTokens = 8;
    return s;
}

} // namespace

class TestChatImport : public QObject {
    Q_OBJECT

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void chatGptTreeKeepsItsVersionsAndText()
    {
        REQUIRE(const ChatExport read, parseChatExport(chatGptExport()));
        QCOMPARE(read.kind, std::string("ChatGPT"));
        QCOMPARE(read.chats.size(), std::size_t(1));
        const ImportedChat &chat = read.chats[0];
        QCOMPARE(chat.conversation.title, std::string("A fox"));
        QCOMPARE(chat.conversation.createdMs, 1'700'000'000'125);
        QCOMPARE(chat.conversation.updatedMs, 1'700'000'100'000);
        std::vector<std::string> texts;
        std::vector<TurnId> parents;
        for (const Turn &turn : chat.turns) {
            texts.push_back(turn.text);
            parents.push_back(turn.parent.value_or(0));
        }
        QCOMPARE(texts, (std::vector<std::string>{"Hello", "Hi!", "Good day.", "What is this?",
                                                  "Let me look.\n\nIt is a fox."}));
        QCOMPARE(parents, (std::vector<TurnId>{0, 1, 1, 3, 4}));
        QCOMPARE(chat.turns[3].createdMs, 1'700'000'020'500);
        QCOMPARE(chat.conversation.current, std::optional<TurnId>(5));
        QCOMPARE(chat.leftOut, 3); // the picture, the call and the result
    }

    void messagesOfTheOpenAiInterfaceAreRead()
    {
        const std::string_view messages =
            R"([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"},
                {"role": "assistant", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url"}]}])";
        REQUIRE(const ChatExport list, parseChatExport(messages));
        REQUIRE(const ChatExport object,
                parseChatExport("{\"title\": \"One\", \"messages\": " + std::string(messages) + "}"));
        for (const ChatExport &read : {list, object}) {
            QCOMPARE(read.chats.size(), std::size_t(1));
            QCOMPARE(read.chats[0].turns.size(), std::size_t(2));
            QCOMPARE(read.chats[0].turns[1].text, std::string("Hi"));
            QCOMPARE(read.chats[0].leftOut, 2);
        }
        QCOMPARE(object.chats[0].conversation.title, std::string("One"));
    }

    // Whatever tree is exported comes back.
    void ownExportsComeBack()
    {
        Conversation conversation;
        conversation.title = "Round trip";
        conversation.createdMs = 1'700'000'000'123;
        std::vector<Turn> turns;
        const int count = integer(1, 30);
        for (int i = 0; i < count; ++i) {
            Turn turn;
            turn.id = 10 + 3 * i;
            if (i > 0)
                turn.parent = turns[std::size_t(integer(0, i - 1))].id;
            turn.role = integer(0, 1) == 0 ? Role::User : Role::Assistant;
            turn.text = "Text " + std::to_string(integer(0, 1'000'000)) + "\n\n```\n## User\n```";
            if (turn.role == Role::Assistant && integer(0, 1) == 0)
                turn.text = "<think>Hm.</think>\n\n" + turn.text;
            turn.createdMs = 1'700'000'000'000 + i;
            turns.push_back(turn);
        }
        conversation.current = turns[std::size_t(integer(0, count - 1))].id;
        const std::filesystem::path json = file("chat.json"), markdown = file("chat.md");
        VERIFY_OK(exportConversation(conversation, turns, {}, json));
        VERIFY_OK(exportConversation(conversation, turns, {}, markdown));

        REQUIRE(const ChatExport tree, readChatExport(json));
        REQUIRE(const ChatExport path, readChatExport(markdown));

        const ImportedChat &chat = tree.chats.at(0);
        QCOMPARE(chat.conversation.title, conversation.title);
        QCOMPARE(chat.conversation.createdMs, conversation.createdMs);
        QCOMPARE(chat.turns.size(), turns.size());
        const auto placeOf = [&](TurnId id) { return (id - 10) / 3 + 1; };
        for (std::size_t i = 0; i < turns.size(); ++i) {
            QCOMPARE(chat.turns[i].text, turns[i].text);
            QCOMPARE(chat.turns[i].role, turns[i].role);
            QCOMPARE(chat.turns[i].createdMs, turns[i].createdMs);
            QCOMPARE(chat.turns[i].parent.value_or(0), turns[i].parent ? placeOf(*turns[i].parent) : 0);
        }
        QCOMPARE(*chat.conversation.current, placeOf(*conversation.current));
        std::vector<std::string> shown; // from the leaf up
        for (std::optional<TurnId> id = conversation.current; id;) {
            const Turn &turn = turns[std::size_t(placeOf(*id) - 1)];
            shown.push_back(turn.text.substr(turn.text.find("Text")));
            id = turn.parent;
        }
        const ImportedChat &flat = path.chats.at(0);
        QCOMPARE(flat.conversation.title, conversation.title);
        QCOMPARE(flat.turns.size(), shown.size());
        for (std::size_t i = 0; i < shown.size(); ++i)
            QCOMPARE(flat.turns[i].text, shown[shown.size() - 1 - i]);
    }

    void otherFilesAreRefusedWithTheReason_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("nothing") << QByteArray("");
        QTest::newRow("prose") << QByteArray("Once upon a time.");
        QTest::newRow("not UTF-8") << QByteArray("# A\n## User\n\xFF\n");
        QTest::newRow("cut off") << QByteArray::fromStdString(chatGptExport()).chopped(1);
        QTest::newRow("an empty list") << QByteArray("[]");
        QTest::newRow("another object") << QByteArray(R"({"model": "goose"})");
        QTest::newRow("a list of others") << QByteArray(R"([{"id": 1}])");
        QTest::newRow("a mapping that is none") << QByteArray(R"([{"mapping": [1, 2]}])");
        QTest::newRow("messages that are none") << QByteArray(R"({"messages": [1]})");
        QTest::newRow("from the future") << QByteArray(R"({"format": "volary-conversation", "version": 2})");
        QTest::newRow("a parent below its child") << QByteArray(
            R"({"format": "volary-conversation", "version": 1, "turns":
                [{"id": 1, "parent": 2, "role": "user", "text": "a"}, {"id": 2, "role": "user"}]})");
        QTest::newRow("the same turn twice") << QByteArray(
            R"({"format": "volary-conversation", "version": 1, "turns":
                [{"id": 1, "role": "user", "text": "a"}, {"id": 1, "role": "user", "text": "b"}]})");
        QTest::newRow("current turn missing") << QByteArray(
            R"({"format": "volary-conversation", "version": 1, "current": 9, "turns":
                [{"id": 1, "role": "user", "text": "a"}]})");
        QTest::newRow("deep") << QByteArray(100'000, '[');
    }
    void otherFilesAreRefusedWithTheReason()
    {
        QFETCH(const QByteArray, text);
        const auto read = parseChatExport(text.toStdString());
        QVERIFY(!read);
        QVERIFY(!read.error().what.empty());
    }

    // Nodes may be tied together in any way: each is read once, and parents stand before their children.
    void knottedTreesAreReadOnce()
    {
        const int count = integer(1, 60);
        Json::Object mapping;
        const auto any = [&] { return "n" + std::to_string(integer(0, count)); };
        for (int i = 0; i < count; ++i) {
            Json::Array children;
            for (int child = integer(0, 3); child > 0; --child)
                children.push_back(any());
            mapping["n" + std::to_string(i)] =
                Json::Object{{"message", integer(0, 4) == 0 ? Json()
                                                            : said(integer(0, 1) == 0 ? "user" : "assistant",
                                                                   "words", -1e300)},
                             {"parent", integer(0, 3) == 0 ? Json() : Json(any())},
                             {"children", std::move(children)}};
        }
        const std::string text =
            Json(Json::Object{{"mapping", std::move(mapping)}, {"current_node", any()}}).dump();
        REQUIRE(const ChatExport read, parseChatExport(text));
        for (const ImportedChat &chat : read.chats) {
            QVERIFY(chat.turns.size() <= std::size_t(count));
            for (std::size_t i = 0; i < chat.turns.size(); ++i) {
                QCOMPARE(chat.turns[i].id, TurnId(i + 1));
                QVERIFY(chat.turns[i].parent.value_or(0) <= TurnId(i));
                QCOMPARE(chat.turns[i].createdMs, 0);
            }
        }
    }

    void aConversationWithTooManyTurnsIsRefused()
    {
        Json::Array messages;
        for (int i = 0; i < 20'001; ++i)
            messages.push_back(Json::Object{{"role", "user"}, {"content", "a"}});
        const auto read = parseChatExport(Json(messages).dump());
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::Unsupported);
    }

    void textIsMadeSafeToShow()
    {
        REQUIRE(const ChatExport read,
                parseChatExport(
                    R"({"title": "a\u202Eb\nc", "messages": [{"role": "user", "content": "x\u0000y"}]})"));
        QCOMPARE(read.chats[0].turns[0].text, std::string("xy"));
        QCOMPARE(read.chats[0].conversation.title.find('\n'), std::string::npos);
        QCOMPARE(read.chats[0].conversation.title.find("\xE2\x80\xAE"), std::string::npos);
    }

    // The text is read once, in the chat format; a second branch goes on from the state that was kept then.
    void importedChatGoesOn()
    {
        Harness harness(file("library.db"));
        QVERIFY(harness.openModel());
        const ConversationId id = import(harness);
        QVERIFY(id != 0);
        const std::vector<Turn> before = harness.turns(id);
        QCOMPARE(before.size(), std::size_t(5));
        QVERIFY(std::ranges::none_of(before, [](const Turn &turn) { return turn.snapshot.has_value(); }));
        const TurnId leaf = before.back().id;

        const RequestId first = harness.engine().post(command::SendMessage{id, leaf, "And now?", settings()});
        const auto started = harness.wait<event::TurnStarted>(first);
        QVERIFY(started && started->userTurn);
        QCOMPARE(started->tokensReused, 0);
        QVERIFY(harness.wait<event::TurnFinished>(first));
        const auto image =
            harness.ask<event::SnapshotInspected>(command::InspectSnapshot{*started->userTurn->snapshot});
        QVERIFY(image);
        QCOMPARE(textOf(harness, image->image->tokens),
                 std::string("User: Hello\n\nAssistant: Good day.\n\nUser: What is this?\n\n"
                             "Assistant: Let me look.\nIt is a fox.\n\nUser: And now?\n\nAssistant:"));

        const auto turns = harness.turns(id);
        const auto kept = std::ranges::find(turns, leaf, &Turn::id);
        QVERIFY(kept != turns.end() && kept->snapshot);
        QVERIFY(kept->tokens > 0 && kept->position > kept->tokens);
        const RequestId second = harness.engine().post(command::SendMessage{id, leaf, "Why?", settings()});
        const auto again = harness.wait<event::TurnStarted>(second);
        QVERIFY(again);
        QCOMPARE(again->tokensReused, kept->position);
        QVERIFY(harness.wait<event::TurnFinished>(second));
    }

    void importedReplyIsAskedForAgainButNotContinued()
    {
        Harness harness(file("library.db"));
        QVERIFY(harness.openModel());
        const ConversationId id = import(harness);
        const std::vector<Turn> turns = harness.turns(id);
        QCOMPARE(turns.size(), std::size_t(5));

        const auto finished =
            harness.ask<event::TurnFinished>(command::Regenerate{id, turns[3].id, settings()});
        QVERIFY(finished);
        QCOMPARE(finished->reply.parent, std::optional(turns[3].id));
        const auto refused =
            harness.ask<event::GenerationFailed>(command::ContinueReply{id, turns[4].id, settings()});
        QVERIFY(refused);
        QCOMPARE(refused->error.code, ErrorCode::Unsupported);
        const auto healthy = harness.ask<event::LibraryVerified>(command::VerifyLibrary{});
        QVERIFY(healthy && healthy->damage.empty());
    }

    void whatIsThereAlreadyIsKnownAndACancelStops()
    {
        Harness harness(file("library.db"));
        const ConversationId id = import(harness);
        QVERIFY(id != 0);
        const auto again =
            harness.ask<event::ChatExportRead>(command::ReadChatExport{file("conversations.json")});
        QVERIFY(again);
        QCOMPARE(again->known, std::vector<bool>{true});
        const auto hits = harness.ask<event::SearchResults>(command::Search{"fox"});
        QVERIFY(hits);
        QCOMPARE(hits->hits.size(), std::size_t(2)); // title and turn
        const auto missing =
            harness.ask<event::CommandFailed>(command::ReadChatExport{file("not-there.json")});
        QVERIFY(missing);
        // One that was cancelled before it began stores nothing.
        std::vector<std::size_t> many(1000, 0);
        const RequestId request = harness.engine().post(command::ImportChats{again->chats, many});
        harness.engine().cancel(request);
        const auto imported = harness.wait<event::ChatsImported>(request);
        QVERIFY(imported);
        const auto list = harness.ask<event::ConversationList>(command::ListConversations{});
        QVERIFY(list);
        QCOMPARE(std::int64_t(list->conversations.size()), imported->conversations + 1);
    }

private:
    std::filesystem::path file(const char *name) const { return m_folder->filePath(name).toStdString(); }

    // The conversation of the export above, through preview and import; 0: it failed.
    ConversationId import(Harness &harness)
    {
        const std::string text = chatGptExport();
        if (!writeFileAtomically(file("conversations.json"), std::as_bytes(std::span(text))))
            return 0;
        const auto read =
            harness.ask<event::ChatExportRead>(command::ReadChatExport{file("conversations.json")});
        if (!read || read->known != std::vector<bool>{false})
            return 0;
        const auto imported = harness.ask<event::ChatsImported>(command::ImportChats{read->chats, {0}});
        const auto list = harness.ask<event::ConversationList>(command::ListConversations{});
        if (!imported || imported->error || imported->turns != 5 || !list || list->conversations.size() != 1)
            return 0;
        const Conversation &stored = list->conversations[0];
        return stored.title == "A fox" && stored.createdMs == 1'700'000'000'125 && !stored.damaged ? stored.id
                                                                                                   : 0;
    }

    static std::string textOf(Harness &harness, const std::vector<TokenId> &tokens)
    {
        const auto opened = harness.ask<event::ModelOpened>(command::OpenModel{.path = bundledModel()});
        std::string text;
        for (const TokenId token : tokens)
            text += opened ? opened->model->vocabulary->bytes(token) : "";
        return text;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestChatImport)
#include "tst_chat_import.moc"
