// What the library promises when nothing goes wrong, on real files.
#include "core/session/state_form.h"
#include "core/store/library.h"
#include "tests/store/samples.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>

using namespace volary;
using test::finiteImage;
using test::image;
using test::same;
using test::turn;

namespace {

class Folder {
public:
    std::filesystem::path library() const { return (m_folder.path() + "/library.volary").toStdString(); }
    Result<std::unique_ptr<Library>> open(OpenMode mode = OpenMode::ReadWrite) const
    {
        return Library::open(library(), mode);
    }
    // One number from the file itself, past the library.
    std::int64_t count(const char *sql) const
    {
        sqlite3 *database = nullptr;
        sqlite3_open_v2(library().c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
        sqlite3_stmt *statement = nullptr;
        sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
        const std::int64_t number =
            sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
        sqlite3_finalize(statement);
        sqlite3_close(database);
        return number;
    }

private:
    QTemporaryDir m_folder;
};

std::vector<std::string> textsOf(const std::vector<Turn> &turns)
{
    std::vector<std::string> texts;
    for (const Turn &one : turns)
        texts.push_back(one.text);
    return texts;
}

using Texts = std::vector<std::string>;

} // namespace

class TestLibrary : public QObject {
    Q_OBJECT

private slots:
    void newLibraryIsEmptyAndSound()
    {
        const Folder folder;

        REQUIRE(const auto library, folder.open());

        REQUIRE(const auto info, library->info());
        QCOMPARE(info.conversations, 0);
        QCOMPARE(info.snapshots, 0);
        QVERIFY(!info.readOnly);
        QCOMPARE(info.notice, std::string());
        REQUIRE(const auto damage, library->verify());
        QCOMPARE(damage.size(), 0u);
    }

    void finishedTurnSurvivesReopening()
    {
        const Folder folder;
        const std::vector<TokenTrace> traces{{5, {{5, 0.75f}, {9, 0.125f}}}, {6, {}}};
        ConversationId conversation = 0;
        TurnId id = 0;
        {
            REQUIRE(const auto library, folder.open());
            REQUIRE(conversation, library->createConversation(test::conversation("Ducks")));
            REQUIRE(id, library->saveTurn(turn(conversation, {}, "Quack, said the duck."), traces,
                                          image(1, 2'500)));
        }

        REQUIRE(const auto library, folder.open());

        REQUIRE(const auto turns, library->turns(conversation));
        QCOMPARE(turns.size(), 1u);
        const Turn &found = turns.front();
        QCOMPARE(found.id, id);
        QCOMPARE(found.text, std::string("Quack, said the duck."));
        QVERIFY(!found.damaged && !found.parent && found.snapshot);
        QVERIFY(found.status == TurnStatus::Finished && found.role == Role::Assistant);
        QCOMPARE(found.tokens, 21);
        QCOMPARE(found.position, 42);
        QCOMPARE(found.createdMs, 1'700'000'000'000);
        QCOMPARE(found.statsJson, std::string(R"({"tokensPerSecond":12.5})"));
        REQUIRE(const auto stored, library->loadSnapshot(*found.snapshot));
        QVERIFY(same(*stored, image(1, 2'500)));
        REQUIRE(const auto storedTraces, library->traces(id));
        QVERIFY(storedTraces == traces);
        REQUIRE(const auto about, library->conversation(conversation));
        QCOMPARE(about.title, std::string("Ducks"));
        QCOMPARE(about.current, std::optional(id));
        QCOMPARE(about.turns, 1);
        QCOMPARE(about.preview, std::string("Quack, said the duck."));
        QCOMPARE(about.settingsJson, std::string(R"({"temperature":0.5})"));
    }

    void everyKindOfStateTensorComesBack()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        SnapshotImage made = image(4, 5'000, 3);
        made.state.push_back(test::tensor("large", {300, 1'000}, StateRole::Wkv, -1, "row,column", 77));
        StateTensor growing{"latent",       DType::F16, {5'000, 33}, StateGrowth::OneRowPerToken,
                            StateRole::Wkv, 2,          "token"};
        made.state.push_back({growing, test::noise(5'000 * 33 * 2, 5)});
        StateTensor empty{"empty",        DType::I8, {0, 4}, StateGrowth::OneRowPerToken,
                          StateRole::Wkv, 1,         "token"};
        made.state.push_back({empty, test::noise(0, 5)});

        REQUIRE(const SnapshotId id, library->saveSnapshot(made, "everything"));

        REQUIRE(const auto stored, library->loadSnapshot(id));
        QVERIFY(same(*stored, made));
        REQUIRE(const auto damage, library->verify());
        QCOMPARE(damage.size(), 0u);
    }

    void freshStartWithoutTokensOrStateComesBack()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        SnapshotImage made;
        made.model.name = "nothing yet";
        made.sampler = Sampler(SamplerSettings()).state();

        REQUIRE(const SnapshotId id, library->saveSnapshot(made, ""));

        REQUIRE(const auto stored, library->loadSnapshot(id));
        QVERIFY(same(*stored, made));
    }

    void longConversationSharesItsTokenSegments()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        VERIFY_OK(library->saveSnapshot(image(1, 10 * 1'024), ""));
        const std::int64_t before = folder.count("SELECT count(*) FROM chunk");

        VERIFY_OK(library->saveSnapshot(image(2, 10 * 1'024 + 5), ""));

        const std::int64_t after = folder.count("SELECT count(*) FROM chunk");
        QCOMPARE(after - before, 2); // the last tokens, and the state of all layers in one piece
    }

    void deletedSnapshotFreesItsOwnChunksOnly()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const SnapshotId first, library->saveSnapshot(image(1, 3'000), "a"));
        const std::int64_t alone = folder.count("SELECT count(*) FROM chunk");
        REQUIRE(const SnapshotId second, library->saveSnapshot(image(2, 3'001), "b"));

        VERIFY_OK(library->deleteSnapshot(second));

        QCOMPARE(folder.count("SELECT count(*) FROM chunk"), alone);
        REQUIRE(const auto stored, library->loadSnapshot(first));
        QVERIFY(same(*stored, image(1, 3'000)));
        VERIFY_OK(library->deleteSnapshot(first));
        QCOMPARE(folder.count("SELECT count(*) FROM chunk"), 0);
        QCOMPARE(folder.count("SELECT count(*) FROM model"), 0);
    }

    void snapshotOfATurnIsNotDeletedAlone()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto conversation, library->createConversation(test::conversation("Ducks")));
        VERIFY_OK(library->saveTurn(turn(conversation, {}, "Quack"), {}, image(1)));
        REQUIRE(const auto turns, library->turns(conversation));

        const auto refused = library->deleteSnapshot(*turns.front().snapshot);

        QVERIFY(!refused);
        QCOMPARE(int(refused.error().code), int(ErrorCode::Invalid));
        QVERIFY(refused.error().what.find("Ducks") != std::string::npos);
        VERIFY_OK(library->loadSnapshot(*turns.front().snapshot));
    }

    void snapshotsAreListedWithTheirNames()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const SnapshotId id, library->saveSnapshot(image(1, 7), "before"));

        VERIFY_OK(library->nameSnapshot(id, "after"));

        REQUIRE(const auto all, library->snapshots());
        QCOMPARE(all.size(), 1u);
        QCOMPARE(all[0].name, std::string("after"));
        QCOMPARE(all[0].tokens, 7);
        QCOMPARE(all[0].stateBytes, 2 * (16 + 128 + 16) * 4);
        QVERIFY(all[0].model == image(1).model && !all[0].damaged);
        QCOMPARE(int(library->snapshot(id + 1).error().code), int(ErrorCode::NotFound));
    }

    void partialReplyIsKeptAndThenFinished()
    {
        const Folder folder;
        ConversationId conversation = 0;
        TurnId id = 0;
        const std::vector<TokenId> tokens{1, 2, 70'000};
        {
            REQUIRE(const auto library, folder.open());
            REQUIRE(conversation, library->createConversation(test::conversation("Ducks")));
            REQUIRE(id, library->savePartialTurn(turn(conversation, {}, "Qua"), {}));
            Turn more = turn(conversation, {}, "Quack qu");
            more.id = id;
            VERIFY_OK(library->savePartialTurn(more, tokens));
        }
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto kept, library->turns(conversation));
        QCOMPARE(kept.size(), 1u);
        QVERIFY(kept[0].status == TurnStatus::Partial && !kept[0].snapshot);
        QCOMPARE(kept[0].text, std::string("Quack qu"));
        REQUIRE(const auto keptTokens, library->partialTokens(id));
        QVERIFY(keptTokens == tokens);

        Turn finished = turn(conversation, {}, "Quack quack");
        finished.id = id;
        finished.status = TurnStatus::Stopped;
        REQUIRE(const TurnId same, library->saveTurn(finished, {}, image(1)));

        QCOMPARE(same, id);
        REQUIRE(const auto turns, library->turns(conversation));
        QCOMPARE(turns.size(), 1u);
        QVERIFY(turns[0].status == TurnStatus::Stopped && turns[0].snapshot);
        QCOMPARE(turns[0].text, std::string("Quack quack"));
        REQUIRE(const auto none, library->partialTokens(id));
        QVERIFY(none.empty());
        QVERIFY(!library->savePartialTurn(finished, {}));
        QVERIFY(!library->saveTurn(finished, {}, image(2)));
    }

    void partialReplyCanBeDropped()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto conversation, library->createConversation(test::conversation("Ducks")));
        REQUIRE(const TurnId user,
                library->saveTurn(turn(conversation, {}, "Hello", Role::User), {}, image(1)));
        REQUIRE(const TurnId reply, library->savePartialTurn(turn(conversation, user, "Quackery"), {}));
        VERIFY_OK(library->setCurrentTurn(conversation, reply));

        VERIFY_OK(library->deletePartialTurn(reply));

        REQUIRE(const auto turns, library->turns(conversation));
        QCOMPARE(textsOf(turns), Texts{"Hello"});
        REQUIRE(const auto about, library->conversation(conversation));
        QCOMPARE(about.current, std::optional(user));
        REQUIRE(const auto hits, library->search("quackery"));
        QVERIFY(hits.empty());
        QVERIFY(!library->deletePartialTurn(user));
    }

    void branchesOfOneTurnAreIndependent()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto conversation, library->createConversation(test::conversation("Tree")));
        REQUIRE(const TurnId root, library->saveTurn(turn(conversation, {}, "root"), {}, image(1)));
        REQUIRE(const TurnId left, library->saveTurn(turn(conversation, root, "left"), {}, image(2)));
        REQUIRE(const TurnId right, library->saveTurn(turn(conversation, root, "right"), {}, image(3)));

        VERIFY_OK(library->setCurrentTurn(conversation, left));

        REQUIRE(const auto turns, library->turns(conversation));
        QCOMPARE(textsOf(turns), (Texts{"root", "left", "right"}));
        QCOMPARE(turns[2].parent, std::optional(root));
        QCOMPARE(turns[2].id, right);
        REQUIRE(const auto about, library->conversation(conversation));
        QCOMPARE(about.current, std::optional(left));
        REQUIRE(const auto leftState, library->loadSnapshot(*turns[1].snapshot));
        QVERIFY(same(*leftState, image(2)));
    }

    void turnOfAnotherConversationIsNoParent()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto one, library->createConversation(test::conversation("one")));
        REQUIRE(const auto two, library->createConversation(test::conversation("two")));
        REQUIRE(const TurnId root, library->saveTurn(turn(one, {}, "root"), {}, image(1)));

        QVERIFY(!library->saveTurn(turn(two, root, "stray"), {}, image(2)));
        QVERIFY(!library->saveTurn(turn(999, {}, "nowhere"), {}, image(2)));
        QVERIFY(!library->setCurrentTurn(two, root));
        QVERIFY(!library->saveTurn(turn(one, {}, "bad \xFF text"), {}, image(2)));

        REQUIRE(const auto info, library->info());
        QCOMPARE(info.snapshots, 1); // nothing of the refused ones stayed
    }

    void hiddenBranchVanishesAndComesBack()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto conversation, library->createConversation(test::conversation("Tree")));
        REQUIRE(const TurnId a, library->saveTurn(turn(conversation, {}, "apple"), {}, image(1)));
        REQUIRE(const TurnId b, library->saveTurn(turn(conversation, a, "banana"), {}, image(2)));
        REQUIRE(const TurnId c, library->saveTurn(turn(conversation, b, "cherry"), {}, image(3)));

        VERIFY_OK(library->hideTurn(c));
        VERIFY_OK(library->hideTurn(b));

        REQUIRE(const auto hidden, library->turns(conversation));
        QCOMPARE(textsOf(hidden), Texts{"apple"});
        REQUIRE(const auto about, library->conversation(conversation));
        QCOMPARE(about.current, std::optional(a));
        QCOMPARE(about.turns, 1);
        REQUIRE(const auto noHits, library->search("banana"));
        QVERIFY(noHits.empty());
        VERIFY_OK(library->restoreTurn(b));
        REQUIRE(const auto partly, library->turns(conversation));
        QCOMPARE(textsOf(partly), (Texts{"apple", "banana"})); // cherry was hidden on its own
        VERIFY_OK(library->restoreTurn(c));
        REQUIRE(const auto all, library->turns(conversation));
        QCOMPARE(textsOf(all), (Texts{"apple", "banana", "cherry"}));
        REQUIRE(const auto hits, library->search("banana"));
        QCOMPARE(hits.size(), 1u);
    }

    void turnRestoredBelowAHiddenOneStaysHiddenWithIt()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto conversation, library->createConversation(test::conversation("Tree")));
        REQUIRE(const TurnId a, library->saveTurn(turn(conversation, {}, "apple"), {}, image(1)));
        REQUIRE(const TurnId b, library->saveTurn(turn(conversation, a, "banana"), {}, image(2)));
        VERIFY_OK(library->hideTurn(b));
        VERIFY_OK(library->hideTurn(a));

        VERIFY_OK(library->restoreTurn(b));

        REQUIRE(const auto none, library->turns(conversation));
        QVERIFY(none.empty());
        VERIFY_OK(library->restoreTurn(a));
        REQUIRE(const auto all, library->turns(conversation));
        QCOMPARE(textsOf(all), (Texts{"apple", "banana"}));
    }

    void replyFinishedBelowAHiddenTurnIsHiddenToo()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto conversation, library->createConversation(test::conversation("Tree")));
        REQUIRE(const TurnId a, library->saveTurn(turn(conversation, {}, "apple"), {}, image(1)));
        VERIFY_OK(library->hideTurn(a));

        VERIFY_OK(library->saveTurn(turn(conversation, a, "late"), {}, image(2)));

        REQUIRE(const auto none, library->turns(conversation));
        QVERIFY(none.empty());
        REQUIRE(const auto about, library->conversation(conversation));
        QVERIFY(!about.current);
        VERIFY_OK(library->restoreTurn(a));
        REQUIRE(const auto all, library->turns(conversation));
        QCOMPARE(textsOf(all), (Texts{"apple", "late"}));
    }

    void newestChangeComesFirst()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto one, library->createConversation(test::conversation("one")));
        REQUIRE(const auto two, library->createConversation(test::conversation("two")));
        REQUIRE(const auto three, library->createConversation(test::conversation("three")));

        VERIFY_OK(library->saveTurn(turn(two, {}, "hello"), {}, image(1)));
        VERIFY_OK(library->renameConversation(one, "uno"));
        VERIFY_OK(library->setConversationSettings(three, "chatml", "{}"));

        REQUIRE(const auto all, library->conversations());
        QCOMPARE(all.size(), 3u);
        QCOMPARE(all[0].title, std::string("uno"));
        QCOMPARE(all[1].id, two);
        QCOMPARE(all[2].id, three);
        QCOMPARE(all[2].chatFormat, std::string("chatml"));
    }

    void trashHidesAndGivesBack()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto id, library->createConversation(test::conversation("Ducks of Vienna")));
        VERIFY_OK(library->saveTurn(turn(id, {}, "Quack"), {}, image(1)));

        VERIFY_OK(library->moveToTrash(id));

        REQUIRE(const auto kept, library->conversations());
        QVERIFY(kept.empty());
        REQUIRE(const auto trash, library->conversations(Library::Which::Trash));
        QCOMPARE(trash.size(), 1u);
        QVERIFY(trash[0].deletedMs.has_value());
        for (const char *words : {"quack", "vienna"}) {
            REQUIRE(const auto hits, library->search(words));
            QVERIFY(hits.empty());
        }
        VERIFY_OK(library->restoreFromTrash(id));
        REQUIRE(const auto hits, library->search("vienna"));
        QCOMPARE(hits.size(), 1u);
        QCOMPARE(hits[0].turn, 0);
    }

    void deletingForGoodLeavesNothingBehind()
    {
        const Folder folder;
        {
            REQUIRE(const auto library, folder.open());
            REQUIRE(const auto id, library->createConversation(test::conversation("Secretplan")));
            REQUIRE(const TurnId a, library->saveTurn(turn(id, {}, "Zanzibarian"), {}, image(1)));
            VERIFY_OK(library->saveTurn(turn(id, a, "Zanzibarians"), {{{1, {}}}}, image(2)));
            VERIFY_OK(library->deleteForGood(id));
            QCOMPARE(int(library->turns(id).error().code), int(ErrorCode::NotFound));
        }

        for (const char *table :
             {"turn", "turn_data", "snapshot", "snapshot_chunk", "chunk", "model", "conversation"})
            QCOMPARE(folder.count(qPrintable(QStringLiteral("SELECT count(*) FROM %1").arg(table))), 0);
        QFile file(QString::fromStdString(folder.library()));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray bytes = file.readAll().toLower();
        QVERIFY(!bytes.contains("zanzibar"));
        QVERIFY(!bytes.contains("secretplan"));
    }

    void snapshotsAreListedWithWhereTheyComeFrom()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const ConversationId ducks, library->createConversation(test::conversation("Ducks")));
        REQUIRE(const TurnId first,
                library->saveTurn(turn(ducks, {}, "Quack,\nsaid the duck."), {}, image(1)));
        REQUIRE(const SnapshotId own, library->saveSnapshot(image(2, 50), "mine"));

        REQUIRE(auto all, library->snapshots());

        QCOMPARE(all.size(), 2u);
        QCOMPARE(all[0].turn, first);
        QCOMPARE(all[0].conversation, ducks);
        QCOMPARE(all[0].title, std::string("Ducks"));
        QCOMPARE(all[0].excerpt, std::string("Quack, said the duck."));
        QVERIFY(!all[0].inTrash && all[0].name.empty());
        QCOMPARE(all[1].id, own);
        QCOMPARE(all[1].turn, 0);
        QVERIFY(all[1].title.empty());

        // What a conversation in the trash has is out of sight, unless the user marked it.
        VERIFY_OK(library->moveToTrash(ducks));
        REQUIRE(all, library->snapshots());
        QVERIFY(all[0].inTrash && !all[1].inTrash);
        VERIFY_OK(library->pinSnapshot(all[0].id, true));
        REQUIRE(all, library->snapshots());
        QVERIFY(!all[0].inTrash && all[0].pinned);
        VERIFY_OK(library->pinSnapshot(all[0].id, false));
        VERIFY_OK(library->restoreFromTrash(ducks));
        VERIFY_OK(library->hideTurn(first));
        REQUIRE(all, library->snapshots());
        QVERIFY(all[0].inTrash);
    }

    void snapshotOfItsOwnGoesToTheTrashAndComesBack()
    {
        const Folder folder;
        REQUIRE(const SnapshotId id, folder.open().value()->saveSnapshot(image(2), "mine"));
        {
            REQUIRE(const auto library, folder.open());
            VERIFY_OK(library->moveSnapshotToTrash(id));
        }
        REQUIRE(const auto library, folder.open());
        REQUIRE(auto summary, library->snapshot(id));
        QVERIFY(summary.inTrash && summary.deletedMs);
        VERIFY_OK(library->pinSnapshot(id, true)); // one mark leaves the other
        REQUIRE(summary, library->snapshot(id));
        QVERIFY(summary.inTrash && summary.pinned);
        VERIFY_OK(library->restoreSnapshotFromTrash(id));
        REQUIRE(summary, library->snapshot(id));
        QVERIFY(!summary.inTrash && !summary.deletedMs && summary.pinned);
        VERIFY_OK(library->deleteSnapshot(id));
        QCOMPARE(folder.count("SELECT count(*) FROM snapshot_mark"), 0);
        QVERIFY(!library->moveSnapshotToTrash(id));
        QVERIFY(!library->pinSnapshot(id, true));
    }

    void snapshotOfATurnIsNotThrownAwayAlone()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const ConversationId ducks, library->createConversation(test::conversation("Ducks")));
        VERIFY_OK(library->saveTurn(turn(ducks, {}, "Quack."), {}, image(1)));
        REQUIRE(const auto all, library->snapshots());

        const auto refused = library->moveSnapshotToTrash(all[0].id);

        QVERIFY(!refused);
        QVERIFY(refused.error().what.find("Ducks") != std::string::npos);
    }

    void pinnedSnapshotOutlivesItsConversation()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const ConversationId ducks, library->createConversation(test::conversation("Ducks")));
        VERIFY_OK(library->saveTurn(turn(ducks, {}, "Quack."), {}, image(1)));
        REQUIRE(const auto before, library->snapshots());
        VERIFY_OK(library->pinSnapshot(before[0].id, true));

        VERIFY_OK(library->deleteForGood(ducks));

        REQUIRE(const auto stored, library->loadSnapshot(before[0].id));
        QVERIFY(same(*stored, image(1)));
        REQUIRE(const auto after, library->snapshot(before[0].id));
        QVERIFY(after.pinned && after.turn == 0);
    }

    void damagedMarkIsNoMarkAndIsReported()
    {
        const Folder folder;
        REQUIRE(const SnapshotId id, folder.open().value()->saveSnapshot(image(2), "mine"));
        VERIFY_OK(folder.open().value()->moveSnapshotToTrash(id));
        sqlite3 *database = nullptr;
        QCOMPARE(sqlite3_open(folder.library().c_str(), &database), SQLITE_OK);
        QCOMPARE(sqlite3_exec(database, "UPDATE snapshot_mark SET pinned = 1", nullptr, nullptr, nullptr),
                 SQLITE_OK);
        sqlite3_close(database);

        REQUIRE(const auto library, folder.open());

        REQUIRE(const auto summary, library->snapshot(id));
        QVERIFY(!summary.pinned && !summary.inTrash);
        REQUIRE(const auto damage, library->verify());
        QCOMPARE(damage.size(), 1u);
        QVERIFY(damage[0].what.find("pinned") != std::string::npos);
        VERIFY_OK(library->pinSnapshot(id, true));
        REQUIRE(const auto mended, library->verify());
        QVERIFY(mended.empty());
    }

    void conversationStartsFromATurnWithAllThatLedToIt()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const ConversationId ducks, library->createConversation(test::conversation("Ducks")));
        REQUIRE(const TurnId asked,
                library->saveTurn(turn(ducks, {}, "How many?", Role::User), {}, image(1)));
        const std::vector<TokenTrace> traces{{5, {{5, 0.75f}}}};
        REQUIRE(const TurnId answered, library->saveTurn(turn(ducks, asked, "Seven."), traces, image(2)));
        VERIFY_OK(library->saveTurn(turn(ducks, asked, "Eight."), {}, image(3)));
        VERIFY_OK(library->saveTurn(turn(ducks, answered, "Where?", Role::User), {}, image(4)));
        const std::int64_t before = folder.count("SELECT count(*) FROM snapshot");
        REQUIRE(const Turn stored, library->turn(answered));

        REQUIRE(const ConversationId copy,
                library->startFromSnapshot(test::conversation("Ducks again"), *stored.snapshot, ""));

        REQUIRE(const auto turns, library->turns(copy));
        QCOMPARE(textsOf(turns), (Texts{"How many?", "Seven."}));
        QCOMPARE(turns[1].parent, std::optional(turns[0].id));
        QVERIFY(!turns[0].damaged && turns[0].role == Role::User);
        QCOMPARE(turns[1].snapshot, stored.snapshot); // shared, not copied
        QCOMPARE(folder.count("SELECT count(*) FROM snapshot"), before);
        REQUIRE(const auto copied, library->traces(turns[1].id));
        QVERIFY(copied == traces);
        REQUIRE(const auto about, library->conversation(copy));
        QCOMPARE(about.current, std::optional(turns[1].id));
        REQUIRE(const auto hits, library->search("seven"));
        QCOMPARE(hits.size(), 2u);
        // Neither needs the other.
        VERIFY_OK(library->deleteForGood(ducks));
        REQUIRE(const auto image2, library->loadSnapshot(*turns[1].snapshot));
        QVERIFY(same(*image2, image(2)));
        REQUIRE(const auto damage, library->verify());
        QVERIFY(damage.empty());
    }

    void conversationStartsFromASnapshotOfItsOwn()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const SnapshotId named, library->saveSnapshot(image(1, 40), "mine"));
        REQUIRE(const SnapshotId unnamed, library->saveSnapshot(image(2), ""));

        REQUIRE(const ConversationId first,
                library->startFromSnapshot(test::conversation(""), named, "Once upon a time"));
        REQUIRE(const ConversationId second, library->startFromSnapshot(test::conversation(""), unnamed, ""));

        REQUIRE(const auto turns, library->turns(first));
        QCOMPARE(turns.size(), 1u);
        QCOMPARE(turns[0].text, std::string("Once upon a time"));
        QCOMPARE(turns[0].snapshot, std::optional(named));
        QCOMPARE(turns[0].position, 40);
        QVERIFY(turns[0].role == Role::Assistant && turns[0].status == TurnStatus::Finished);
        VERIFY_OK(library->deleteForGood(first));
        VERIFY_OK(library->deleteForGood(second));
        VERIFY_OK(library->loadSnapshot(named));
        VERIFY_OK(library->loadSnapshot(unnamed));
        QVERIFY(!library->startFromSnapshot(test::conversation(""), 999, ""));
        REQUIRE(const auto conversations, library->conversations());
        QVERIFY(conversations.empty()); // a refusal leaves nothing behind
    }

    void theLongestKnownBeginningIsFound()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        const SnapshotImage whole = image(1, 3'000);
        const auto of = [&](int tokens, std::uint64_t seed, const std::string &beginning = {}) {
            SnapshotImage made = image(seed, tokens);
            made.beginning = beginning;
            return made;
        };
        VERIFY_OK(library->saveSnapshot(of(100, 2), ""));
        VERIFY_OK(library->saveSnapshot(of(2'048, 3), "")); // whole segments
        VERIFY_OK(library->saveSnapshot(of(2'500, 4, std::string(64, 'b')), ""));
        SnapshotImage other = of(2'600, 5); // the same last segment, another first one
        other.tokens[5] += 1;
        VERIFY_OK(library->saveSnapshot(other, ""));
        SnapshotImage otherModel = of(2'700, 6);
        otherModel.model.numericProfile = "cuda/1";
        VERIFY_OK(library->saveSnapshot(otherModel, ""));
        PrefixQuery query{.model = whole.model, .beginning = {}, .tokens = whole.tokens};

        REQUIRE(auto found, library->longestPrefix(query));
        QVERIFY(found && same(*found, of(2'048, 3)));
        query.beginning = std::string(64, 'b');
        REQUIRE(found, library->longestPrefix(query));
        QVERIFY(found && found->tokens.size() == 2'500 && found->beginning == query.beginning);
        query.beginning.clear();
        query.longerThan = 2'048;
        REQUIRE(found, library->longestPrefix(query));
        QVERIFY(!found);
        query.longerThan = 0;
        query.tokens = query.tokens.first(2'047);
        REQUIRE(found, library->longestPrefix(query));
        QCOMPARE(found->tokens.size(), 100u);
        query.tokens = query.tokens.first(99);
        REQUIRE(found, library->longestPrefix(query));
        QVERIFY(!found);
        // Of the same length the newest; its own whole length counts, too.
        VERIFY_OK(library->saveSnapshot(of(99, 7), ""));
        VERIFY_OK(library->saveSnapshot(of(99, 8), ""));
        REQUIRE(found, library->longestPrefix(query));
        QVERIFY(found && same(*found, of(99, 8)));
    }

    void namedSnapshotOutlivesItsConversation()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto id, library->createConversation(test::conversation("Ducks")));
        VERIFY_OK(library->saveTurn(turn(id, {}, "Quack"), {}, image(1)));
        REQUIRE(const auto turns, library->turns(id));
        VERIFY_OK(library->nameSnapshot(*turns[0].snapshot, "a good start"));

        VERIFY_OK(library->deleteForGood(id));

        REQUIRE(const auto stored, library->loadSnapshot(*turns[0].snapshot));
        QVERIFY(same(*stored, image(1)));
    }

    void searchFinds_data()
    {
        QTest::addColumn<QString>("words");
        QTest::addColumn<bool>("found");
        QTest::newRow("a word") << "duck" << true;
        QTest::newRow("any case") << "DUCK" << true;
        QTest::newRow("without diacritics")
            << "strasse fur" << false; // ss is another spelling, not a diacritic
        QTest::newRow("diacritics left out") << "uber cafe" << true;
        QTest::newRow("last word as a prefix") << "duck caf" << true;
        QTest::newRow("only the last word as a prefix") << "caf duck" << false;
        QTest::newRow("every word must occur") << "duck goose" << false;
        QTest::newRow("Chinese inside a sentence") << QString::fromUtf8("循环") << true;
        QTest::newRow("a single Chinese character") << QString::fromUtf8("网") << true;
        QTest::newRow("Chinese characters apart") << QString::fromUtf8("循网") << false;
        QTest::newRow("Latin inside Chinese") << "rwkv" << true;
        QTest::newRow("Japanese") << QString::fromUtf8("モデル") << true;
        QTest::newRow("Korean") << QString::fromUtf8("델") << true;
        QTest::newRow("quotes are letters") << "\"duck" << true;
        QTest::newRow("operators are words") << "duck OR goose" << false;
        QTest::newRow("no columns") << "text:duck" << false;
        QTest::newRow("signs") << "duck* - ^(" << true;
        QTest::newRow("nothing") << "   " << false;
        QTest::newRow("signs only") << "!!! ***" << false;
    }

    void searchFinds()
    {
        QFETCH(QString, words);
        QFETCH(bool, found);
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto id, library->createConversation(test::conversation("Title")));
        const std::string text = "Über the duck in a Café; 我们用RWKV循环神经网络。モデル 모델";
        REQUIRE(const TurnId expected, library->saveTurn(turn(id, {}, text), {}, image(1)));

        REQUIRE(const auto hits, library->search(words.toStdString()));

        QCOMPARE(hits.size(), found ? 1u : 0u);
        if (found) {
            QCOMPARE(hits[0].turn, expected);
            QVERIFY(hits[0].excerpt.find("\xEE\x80\x80") != std::string::npos);
            QVERIFY(hits[0].excerpt.find("\xEE\x80\x81") != std::string::npos);
        }
    }

    void searchGivesTitlesFirstThenNewestTurnsUpToTheLimit()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto id, library->createConversation(test::conversation("Duck")));
        REQUIRE(const TurnId first, library->saveTurn(turn(id, {}, "a duck"), {}, image(1)));
        REQUIRE(const TurnId second, library->saveTurn(turn(id, first, "two duck"), {}, image(2)));

        REQUIRE(const auto all, library->search("duck"));
        REQUIRE(const auto two, library->search("duck", 2));
        REQUIRE(const auto none, library->search("duck", 0));

        QCOMPARE(all.size(), 3u);
        QCOMPARE(all[0].turn, 0);
        QCOMPARE(all[1].turn, second);
        QCOMPARE(all[2].turn, first);
        QCOMPARE(all[2].excerpt, std::string("a \xEE\x80\x80"
                                             "duck\xEE\x80\x81"));
        QCOMPARE(two.size(), 2u);
        QVERIFY(none.empty());
    }

    void renamedTitleIsFoundByItsNewNameOnly()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        REQUIRE(const auto id, library->createConversation(test::conversation("Ducks")));

        VERIFY_OK(library->renameConversation(id, "Geese"));

        REQUIRE(const auto gone, library->search("ducks"));
        QVERIFY(gone.empty());
        REQUIRE(const auto hits, library->search("geese"));
        QCOMPARE(hits.size(), 1u);
    }

    void secondWriterIsBusyAndMayRead()
    {
        const Folder folder;
        REQUIRE(const auto writer, folder.open());
        REQUIRE(const auto id, writer->createConversation(test::conversation("Ducks")));

        const auto second = folder.open();
        REQUIRE(const auto reader, folder.open(OpenMode::ReadOnly));

        QVERIFY(!second);
        QCOMPARE(int(second.error().code), int(ErrorCode::Busy));
        VERIFY_OK(writer->saveTurn(turn(id, {}, "Quack"), {}, image(1)));
        REQUIRE(const auto turns, reader->turns(id));
        QCOMPARE(textsOf(turns), Texts{"Quack"});
        const auto refused = reader->renameConversation(id, "Geese");
        QVERIFY(!refused && refused.error().code == ErrorCode::Io);
        REQUIRE(const auto damage, reader->verify());
        QVERIFY(damage.empty());
    }

    void readingNeverCreates()
    {
        const Folder folder;

        const auto refused = folder.open(OpenMode::ReadOnly);

        QVERIFY(!refused);
        QCOMPARE(int(refused.error().code), int(ErrorCode::NotFound));
        QVERIFY(!std::filesystem::exists(folder.library()));
    }

    void verifyCanBeCancelled()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        VERIFY_OK(library->saveSnapshot(image(1), ""));

        const auto cancelled = library->verify([] { return false; });

        QVERIFY(!cancelled);
        QCOMPARE(int(cancelled.error().code), int(ErrorCode::Cancelled));
        VERIFY_OK(library->verify([] { return true; }));
    }

    void versionOneIsUpgradedWithEverythingInIt()
    {
        const Folder folder;
        QVERIFY(
            QFile::copy(VOLARY_TEST_DATA "/store/version1.volary", QString::fromStdString(folder.library())));
        QVERIFY(QFile::setPermissions(QString::fromStdString(folder.library()),
                                      QFile::ReadOwner | QFile::WriteOwner));

        REQUIRE(const auto library, folder.open());

        REQUIRE(const auto info, library->info());
        QVERIFY(info.notice.find("upgraded from version 1 to") != std::string::npos);
        REQUIRE(const auto damage, library->verify());
        QVERIFY2(damage.empty(), damage.empty() ? "" : damage[0].what.c_str());
        REQUIRE(const auto turns, library->turns(1));
        QCOMPARE(textsOf(turns), (Texts{"How many ducks?", "Seven ducks."}));
        QVERIFY(!turns[0].damaged && !turns[1].damaged);
        REQUIRE(const auto hits, library->search("seven"));
        QCOMPARE(hits.size(), 1u);
        REQUIRE(const auto stored, library->loadSnapshot(*turns[1].snapshot));
        QCOMPARE(stored->tokens, (std::vector<TokenId>{1, 2, 3, 65'535}));
        QCOMPARE(stored->state.size(), 2u);
        QCOMPARE(stored->state[1].spec.name, std::string("blocks.0.att.wkv"));
        REQUIRE(const auto traces, library->traces(turns[1].id));
        QVERIFY(traces == (std::vector<TokenTrace>{{3, {{3, 0.5f}, {4, 0.25f}}}}));

        const auto backup = folder.library().string() + ".v1-backup";
        QVERIFY(std::filesystem::exists(backup));
        REQUIRE(const auto upgradedBackup, Library::open(backup));
        REQUIRE(const auto oldTurns, upgradedBackup->turns(1));
        QCOMPARE(oldTurns.size(), 2u);
    }

    void versionTwoIsUpgradedAndItsSnapshotsCanBePinned()
    {
        const Folder folder;
        QVERIFY(
            QFile::copy(VOLARY_TEST_DATA "/store/version2.volary", QString::fromStdString(folder.library())));
        QVERIFY(QFile::setPermissions(QString::fromStdString(folder.library()),
                                      QFile::ReadOwner | QFile::WriteOwner));

        REQUIRE(const auto library, folder.open());

        REQUIRE(const auto info, library->info());
        QVERIFY(info.notice.find("upgraded from version 2 to") != std::string::npos);
        REQUIRE(const auto snapshots, library->snapshots());
        QVERIFY(!snapshots.empty());
        QVERIFY(!snapshots[0].damaged && !snapshots[0].pinned && !snapshots[0].inTrash);
        VERIFY_OK(library->pinSnapshot(snapshots[0].id, true));
        REQUIRE(const auto pinned, library->snapshot(snapshots[0].id));
        QVERIFY(pinned.pinned);
        REQUIRE(const auto damage, library->verify());
        QVERIFY(damage.empty());
    }

    void aStateIsStoredSmallerAndSaysSo()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        const SnapshotImage exact = finiteImage(3, 30);
        REQUIRE(const SnapshotId kept, library->saveSnapshot(exact, "exact"));
        for (const StateForm form : {StateForm::Half, StateForm::Int8}) {
            REQUIRE(const SnapshotId id, library->saveSnapshot(exact, "smaller"));
            REQUIRE(const SnapshotSummary before, library->snapshot(id));
            QVERIFY(before.form == StateForm::Exact && before.formError == 0);
            REQUIRE(const RoundedImage rounded, roundedTo(exact, form));

            VERIFY_OK(library->roundSnapshot(id, form));

            REQUIRE(const SnapshotSummary after, library->snapshot(id));
            QVERIFY(after.form == form && !after.damaged);
            QCOMPARE(std::uint64_t(after.stateBytes), rounded.bytes);
            QVERIFY(after.stateBytes < before.stateBytes);
            QVERIFY(std::abs(after.formError - rounded.image.stored.error) < 1e-11);
            REQUIRE(const auto stored, library->loadSnapshot(id));
            QVERIFY(same(*stored, rounded.image));
            QVERIFY(stored->stored == rounded.image.stored);
            QVERIFY(!library->roundSnapshot(id, StateForm::Int8));
            QVERIFY(!library->roundSnapshot(id, StateForm::Exact));
            VERIFY_OK(library->nameSnapshot(id, "seals hold"));
            REQUIRE(const SnapshotId copy, library->saveSnapshot(*stored, "as imported"));
            REQUIRE(const auto again, library->loadSnapshot(copy));
            QVERIFY(same(*again, *stored) && again->stored == stored->stored);
        }
        REQUIRE(const auto other, library->loadSnapshot(kept)); // whose parts they shared
        QVERIFY(same(*other, exact));
        QVERIFY(!library->roundSnapshot(999, StateForm::Half));
        REQUIRE(const auto damage, library->verify());
        QVERIFY2(damage.empty(), damage.empty() ? "" : damage[0].what.c_str());
        // Before it is listed by another connection, too.
        REQUIRE(const auto reader, folder.open(OpenMode::ReadOnly));
        REQUIRE(const auto all, reader->snapshots());
        QCOMPARE(all.size(), std::size_t(5));
    }

    void aRoundedStateIsNotTakenForTheExactOne()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        const SnapshotImage exact = finiteImage(4, 30);
        REQUIRE(const SnapshotId id, library->saveSnapshot(exact, ""));
        const PrefixQuery query{.model = exact.model, .beginning = "", .tokens = exact.tokens};
        REQUIRE(const auto found, library->longestPrefix(query));
        QVERIFY(found);
        VERIFY_OK(library->roundSnapshot(id, StateForm::Half));
        REQUIRE(const auto none, library->longestPrefix(query));
        QVERIFY(!none);
        REQUIRE(const auto rounded, library->loadSnapshot(id));
        const PrefixQuery own{.model = exact.model, .beginning = rounded->beginning, .tokens = exact.tokens};
        REQUIRE(const auto again, library->longestPrefix(own));
        QVERIFY(again);
    }

    void aStateThatDoesNotFitStaysExact()
    {
        const Folder folder;
        REQUIRE(const auto library, folder.open());
        SnapshotImage large = finiteImage(5);
        auto bytes = *large.state[0].bytes;
        const float number = 1e20f;
        std::memcpy(bytes.data(), &number, sizeof number);
        large.state[0].bytes = std::make_shared<const std::vector<std::byte>>(bytes);
        REQUIRE(const SnapshotId id, library->saveSnapshot(large, ""));
        QVERIFY(!library->roundSnapshot(id, StateForm::Half));
        REQUIRE(const auto stored, library->loadSnapshot(id));
        QVERIFY(same(*stored, large));
    }

    // Version 5 has the tables of version 4.
    void versionFourIsUpgraded()
    {
        const Folder folder;
        {
            REQUIRE(const auto library, folder.open());
            REQUIRE(const SnapshotId id, library->saveSnapshot(finiteImage(6), "old"));
            QCOMPARE(id, SnapshotId(1));
        }
        sqlite3 *database = nullptr;
        sqlite3_open(folder.library().c_str(), &database);
        sqlite3_exec(database, "PRAGMA user_version = 4", nullptr, nullptr, nullptr);
        sqlite3_close(database);

        REQUIRE(const auto library, folder.open());

        REQUIRE(const auto info, library->info());
        QVERIFY(info.notice.find("upgraded from version 4 to") != std::string::npos);
        QCOMPARE(folder.count("PRAGMA user_version"), 5);
        VERIFY_OK(library->roundSnapshot(1, StateForm::Half));
        REQUIRE(const auto damage, library->verify());
        QVERIFY(damage.empty());
    }

    void versionOneIsNotUpgradedByAReader()
    {
        const auto refused = Library::open(VOLARY_TEST_DATA "/store/version1.volary", OpenMode::ReadOnly);

        QVERIFY(!refused);
        QCOMPARE(int(refused.error().code), int(ErrorCode::Unsupported));
    }
};

QTEST_GUILESS_MAIN(TestLibrary)
#include "tst_library.moc"
