// Random operations on a library and on a plain model of it in memory: both must always tell the same story.
#include "core/store/library.h"
#include "tests/store/samples.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>

#include <map>
#include <set>

using namespace volary;

namespace {

constexpr int kSteps = 1'200;

struct ModelTurn {
    ConversationId conversation = 0;
    std::optional<TurnId> parent;
    std::string text;
    bool partial = false;
    std::set<TurnId> hiddenBy; // every turn on the way up, itself included, that the user hid
    bool hidden = false;       // by the user, itself
    std::optional<SnapshotId> snapshot;
};

struct ModelConversation {
    std::string title;
    bool trashed = false;
    std::optional<TurnId> current;
};

// One run of random steps. A step that the library refuses although the model allows it ends the run.
class Run {
public:
    Run(std::filesystem::path path, std::uint64_t seed) : m_path(std::move(path)), m_random(seed) {}

    // Empty when all went well.
    std::string play()
    {
        for (m_step = 0; m_step < kSteps && m_trouble.empty(); ++m_step) {
            if (!m_library || pick(60) == 0)
                reopen();
            if (m_trouble.empty())
                act();
            if (m_trouble.empty() && m_step % 25 == 0)
                compare();
        }
        if (m_trouble.empty())
            compare();
        if (m_trouble.empty())
            removeEverything();
        return m_trouble.empty() ? m_trouble : "step " + std::to_string(m_step) + ": " + m_trouble;
    }

private:
    using Step = void (Run::*)();

    int pick(int below) { return int(m_random() % std::uint64_t(below)); }

    template <typename Map>
    auto pickKey(const Map &map)
    {
        return std::next(map.begin(), pick(int(map.size())))->first;
    }

    template <typename T>
    bool ok(const Result<T> &outcome)
    {
        if (!outcome)
            m_trouble = outcome.error().what;
        return bool(outcome);
    }

    void expect(bool condition, const char *what)
    {
        if (!condition && m_trouble.empty())
            m_trouble = what;
    }

    void reopen()
    {
        m_library.reset();
        auto opened = Library::open(m_path);
        if (ok(opened))
            m_library = std::move(opened).value();
    }

    void act()
    {
        constexpr Step steps[] = {
            &Run::saveTurn,     &Run::saveTurn,       &Run::saveTurn,      &Run::saveTurn,
            &Run::savePartial,  &Run::savePartial,    &Run::finishPartial, &Run::dropPartial,
            &Run::hide,         &Run::restore,        &Run::trash,         &Run::deleteConversation,
            &Run::saveSnapshot, &Run::deleteSnapshot, &Run::rename,        &Run::setCurrent};
        if (m_conversations.empty() || pick(20) == 0)
            return create();
        (this->*steps[pick(int(std::size(steps)))])();
    }

    std::string words()
    {
        std::string text = "text";
        for (int i = pick(40); i >= 0; --i)
            text += " w" + std::to_string(pick(50));
        return text;
    }

    // Few seeds and lengths, so that many snapshots share their chunks.
    SnapshotImage someImage() { return test::image(std::uint64_t(pick(12)), 1 + pick(4) * 1'000); }

    std::optional<TurnId> someTurnOf(ConversationId conversation)
    {
        std::map<TurnId, int> own;
        for (const auto &[id, turn] : m_turns)
            if (turn.conversation == conversation && !turn.partial)
                own[id] = 0;
        return own.empty() || pick(5) == 0 ? std::nullopt : std::optional(pickKey(own));
    }

    std::optional<TurnId> someTurn(bool partial)
    {
        std::map<TurnId, int> fitting;
        for (const auto &[id, turn] : m_turns)
            if (turn.partial == partial)
                fitting[id] = 0;
        return fitting.empty() ? std::nullopt : std::optional(pickKey(fitting));
    }

    void create()
    {
        const std::string title = words();
        if (const auto id = m_library->createConversation(test::conversation(title)); ok(id))
            m_conversations[id.value()].title = title;
    }

    ModelTurn below(ConversationId conversation, std::optional<TurnId> parent, std::string text)
    {
        ModelTurn turn;
        turn.conversation = conversation;
        turn.parent = parent;
        turn.text = std::move(text);
        if (parent)
            turn.hiddenBy = m_turns.at(*parent).hiddenBy;
        return turn;
    }

    void noteSaved(TurnId id, const SnapshotImage &image)
    {
        ModelTurn &turn = m_turns.at(id);
        const auto turns = m_library->turns(turn.conversation);
        if (!ok(turns))
            return;
        for (const Turn &stored : turns.value())
            if (stored.id == id)
                turn.snapshot = stored.snapshot;
        if (turn.hiddenBy.empty()) {
            expect(turn.snapshot.has_value(), "a finished turn has a snapshot");
            m_conversations.at(turn.conversation).current = id;
            if (turn.snapshot)
                m_images[*turn.snapshot] = image;
        } else {
            m_hiddenImages[id] = image;
        }
    }

    void saveTurn()
    {
        const ConversationId conversation = pickKey(m_conversations);
        const auto parent = someTurnOf(conversation);
        const std::string text = words();
        const SnapshotImage image = someImage();
        const auto id =
            m_library->saveTurn(test::turn(conversation, parent, text), {{{7, {{7, 1.0f}}}}}, image);
        if (!ok(id))
            return;
        m_turns[id.value()] = below(conversation, parent, text);
        noteSaved(id.value(), image);
    }

    void savePartial()
    {
        if (const auto old = someTurn(true); old && pick(2) == 0) {
            ModelTurn &turn = m_turns.at(*old);
            turn.text += " more";
            Turn values = test::turn(turn.conversation, turn.parent, turn.text);
            values.id = *old;
            ok(m_library->savePartialTurn(values, std::vector<TokenId>{1, 2}));
            return;
        }
        const ConversationId conversation = pickKey(m_conversations);
        const auto parent = someTurnOf(conversation);
        const std::string text = words();
        const auto id = m_library->savePartialTurn(test::turn(conversation, parent, text), {});
        if (!ok(id))
            return;
        m_turns[id.value()] = below(conversation, parent, text);
        m_turns[id.value()].partial = true;
    }

    void finishPartial()
    {
        const auto id = someTurn(true);
        if (!id)
            return;
        ModelTurn &turn = m_turns.at(*id);
        Turn values = test::turn(turn.conversation, turn.parent, turn.text + " end");
        values.id = *id;
        const SnapshotImage image = someImage();
        if (!ok(m_library->saveTurn(values, {}, image)))
            return;
        turn.partial = false;
        turn.text += " end";
        // Writing it anew takes over from its parent whether it is hidden.
        turn.hidden = false;
        turn.hiddenBy = turn.parent ? m_turns.at(*turn.parent).hiddenBy : std::set<TurnId>();
        noteSaved(*id, image);
    }

    void dropPartial()
    {
        const auto id = someTurn(true);
        if (!id || !ok(m_library->deletePartialTurn(*id)))
            return;
        ModelConversation &conversation = m_conversations.at(m_turns.at(*id).conversation);
        if (conversation.current == id)
            conversation.current = m_turns.at(*id).parent;
        m_turns.erase(*id);
    }

    bool isBelow(TurnId turn, TurnId ancestor) const
    {
        for (std::optional<TurnId> at = turn; at; at = m_turns.at(*at).parent)
            if (*at == ancestor)
                return true;
        return false;
    }

    void hide()
    {
        const auto id = someTurn(false);
        if (!id || !ok(m_library->hideTurn(*id)) || !m_turns.at(*id).hiddenBy.empty())
            return;
        m_turns.at(*id).hidden = true;
        for (auto &[other, turn] : m_turns)
            if (isBelow(other, *id))
                turn.hiddenBy.insert(*id);
        ModelConversation &conversation = m_conversations.at(m_turns.at(*id).conversation);
        if (conversation.current && isBelow(*conversation.current, *id))
            conversation.current = m_turns.at(*id).parent;
    }

    void restore()
    {
        std::map<TurnId, int> hidden;
        for (const auto &[id, turn] : m_turns)
            if (turn.hidden)
                hidden[id] = 0;
        if (hidden.empty())
            return;
        const TurnId id = pickKey(hidden);
        if (!ok(m_library->restoreTurn(id)))
            return;
        m_turns.at(id).hidden = false;
        for (auto &[other, turn] : m_turns)
            turn.hiddenBy.erase(id);
    }

    void trash()
    {
        const ConversationId id = pickKey(m_conversations);
        ModelConversation &conversation = m_conversations.at(id);
        if (ok(conversation.trashed ? m_library->restoreFromTrash(id) : m_library->moveToTrash(id)))
            conversation.trashed = !conversation.trashed;
    }

    void deleteConversation()
    {
        if (pick(4) != 0)
            return;
        const ConversationId id = pickKey(m_conversations);
        if (!ok(m_library->deleteForGood(id)))
            return;
        for (const auto &[turnId, turn] : m_turns)
            if (turn.conversation == id && turn.snapshot)
                m_images.erase(*turn.snapshot);
        std::erase_if(m_turns, [id](const auto &entry) { return entry.second.conversation == id; });
        m_conversations.erase(id);
    }

    void saveSnapshot()
    {
        const SnapshotImage image = someImage();
        if (const auto id = m_library->saveSnapshot(image, "named"); ok(id)) {
            m_images[id.value()] = image;
            m_free[id.value()] = true;
        }
    }

    void deleteSnapshot()
    {
        if (m_free.empty())
            return;
        const SnapshotId id = pickKey(m_free);
        ok(m_library->deleteSnapshot(id));
        m_free.erase(id);
        m_images.erase(id);
    }

    void rename()
    {
        const ConversationId id = pickKey(m_conversations);
        m_conversations.at(id).title = words();
        ok(m_library->renameConversation(id, m_conversations.at(id).title));
    }

    void setCurrent()
    {
        std::map<TurnId, int> visible;
        for (const auto &[id, turn] : m_turns)
            if (turn.hiddenBy.empty())
                visible[id] = 0;
        if (visible.empty())
            return;
        const TurnId id = pickKey(visible);
        const ConversationId conversation = m_turns.at(id).conversation;
        if (ok(m_library->setCurrentTurn(conversation, id)))
            m_conversations.at(conversation).current = id;
    }

    void compare()
    {
        compareConversations(Library::Which::Kept);
        compareConversations(Library::Which::Trash);
        for (const auto &[id, conversation] : m_conversations)
            compareTurns(id);
        for (const auto &[id, image] : m_images) {
            const auto stored = m_library->loadSnapshot(id);
            if (!ok(stored))
                return;
            expect(test::same(*stored.value(), image), "a snapshot comes back as it was");
        }
        compareSearch("w" + std::to_string(pick(50)) + " text");
        if (const auto damage = m_library->verify(); ok(damage) && !damage.value().empty())
            m_trouble = damage.value().front().what;
    }

    void compareConversations(Library::Which which)
    {
        const auto stored = m_library->conversations(which);
        if (!ok(stored))
            return;
        std::set<ConversationId> seen;
        for (const Conversation &conversation : stored.value()) {
            seen.insert(conversation.id);
            const auto &expected = m_conversations.at(conversation.id);
            expect(conversation.title == expected.title, "the title");
            expect(conversation.current == expected.current, "the current turn");
            expect(!conversation.damaged, "the conversation's seal");
        }
        for (const auto &[id, conversation] : m_conversations)
            expect(seen.contains(id) == (conversation.trashed == (which == Library::Which::Trash)),
                   "kept or trashed");
    }

    void compareTurns(ConversationId conversation)
    {
        const auto stored = m_library->turns(conversation);
        if (!ok(stored))
            return;
        std::set<TurnId> seen;
        for (const Turn &turn : stored.value()) {
            seen.insert(turn.id);
            expect(m_turns.contains(turn.id), "no turn comes from nowhere");
            if (!m_turns.contains(turn.id))
                return;
            const ModelTurn &expected = m_turns.at(turn.id);
            expect(turn.text == expected.text && turn.parent == expected.parent && !turn.damaged,
                   "the turn's values");
            expect((turn.status == TurnStatus::Partial) == expected.partial, "the turn's status");
        }
        for (const auto &[id, turn] : m_turns)
            if (turn.conversation == conversation)
                expect(seen.contains(id) == turn.hiddenBy.empty(), "hidden or shown");
        for (const auto &[id, image] : m_hiddenImages)
            if (seen.contains(id))
                learnSnapshot(id, image, stored.value());
    }

    // A turn that was saved while it was hidden shows its snapshot when it comes back.
    void learnSnapshot(TurnId id, const SnapshotImage &image, const std::vector<Turn> &turns)
    {
        for (const Turn &turn : turns)
            if (turn.id == id && turn.snapshot) {
                m_turns.at(id).snapshot = turn.snapshot;
                m_images[*turn.snapshot] = image;
            }
    }

    void compareSearch(const std::string &words)
    {
        const std::string word = words.substr(0, words.find(' '));
        const auto contains = [&](const std::string &text) {
            return (" " + text + " ").find(" " + word + " ") != std::string::npos;
        };
        const auto hits = m_library->search(words, 1'000'000);
        if (!ok(hits))
            return;
        std::set<std::pair<ConversationId, TurnId>> found;
        for (const SearchHit &hit : hits.value())
            found.emplace(hit.conversation, hit.turn);
        std::set<std::pair<ConversationId, TurnId>> expected;
        for (const auto &[id, conversation] : m_conversations)
            if (!conversation.trashed && contains(conversation.title))
                expected.emplace(id, 0);
        for (const auto &[id, turn] : m_turns)
            if (turn.hiddenBy.empty() && !m_conversations.at(turn.conversation).trashed &&
                contains(turn.text))
                expected.emplace(turn.conversation, id);
        expect(found == expected, "the same hits");
    }

    // In the end nothing may be left over.
    void removeEverything()
    {
        for (const auto &[id, conversation] : m_conversations)
            ok(m_library->deleteForGood(id));
        for (const auto &[id, yes] : m_free)
            ok(m_library->deleteSnapshot(id));
        m_library.reset();
        sqlite3 *database = nullptr;
        sqlite3_open_v2(m_path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
        sqlite3_stmt *statement = nullptr;
        sqlite3_prepare_v2(database,
                           "SELECT (SELECT count(*) FROM chunk) + (SELECT count(*) FROM snapshot) +"
                           " (SELECT count(*) FROM snapshot_chunk) + (SELECT count(*) FROM turn_data)",
                           -1, &statement, nullptr);
        sqlite3_step(statement);
        expect(sqlite3_column_type(statement, 0) == SQLITE_INTEGER && sqlite3_column_int64(statement, 0) == 0,
               "deleting everything leaves nothing");
        sqlite3_finalize(statement);
        sqlite3_close(database);
    }

    std::filesystem::path m_path;
    std::mt19937_64 m_random;
    int m_step = 0;
    std::string m_trouble;
    std::unique_ptr<Library> m_library;
    std::map<ConversationId, ModelConversation> m_conversations;
    std::map<TurnId, ModelTurn> m_turns;
    std::map<SnapshotId, SnapshotImage> m_images;
    std::map<TurnId, SnapshotImage> m_hiddenImages;
    std::map<SnapshotId, bool> m_free; // without a conversation
};

} // namespace

class TestLibraryProperties : public QObject {
    Q_OBJECT

private slots:
    void libraryAgreesWithAPlainModel_data()
    {
        QTest::addColumn<quint64>("seed");
        for (const quint64 seed : {1u, 20'261u, 777u})
            QTest::addRow("seed %llu", seed) << seed;
    }

    void libraryAgreesWithAPlainModel()
    {
        QFETCH(quint64, seed);
        const QTemporaryDir folder;

        const std::string trouble = Run((folder.path() + "/library.volary").toStdString(), seed).play();

        QVERIFY2(trouble.empty(), trouble.c_str());
    }
};

QTEST_GUILESS_MAIN(TestLibraryProperties)
#include "tst_library_properties.moc"
