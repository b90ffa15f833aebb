// Memory that runs out at any moment: SQLite's N-th allocation fails, for every N.
#include "core/store/library.h"
#include "tests/store/samples.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>

using namespace volary;
using test::image;
using test::turn;

namespace {

// SQLite's own allocator with a counter in front; all further allocations fail, too, once one did.
class Allocator {
public:
    static void install()
    {
        sqlite3_config(SQLITE_CONFIG_GETMALLOC, &s_base);
        sqlite3_mem_methods counted = s_base;
        counted.xMalloc = [](int bytes) { return allowed() ? s_base.xMalloc(bytes) : nullptr; };
        counted.xRealloc = [](void *memory, int bytes) {
            return allowed() ? s_base.xRealloc(memory, bytes) : nullptr;
        };
        sqlite3_config(SQLITE_CONFIG_MALLOC, &counted);
    }
    static void failFrom(int call)
    {
        s_calls = 0;
        s_failAt = call;
    }
    static void heal() { s_failAt = 0; }
    static bool failed() { return s_failAt != 0 && s_calls >= s_failAt; }

private:
    static bool allowed() { return s_failAt == 0 || ++s_calls < s_failAt; }

    static inline sqlite3_mem_methods s_base{};
    static inline int s_calls = 0;
    static inline int s_failAt = 0;
};

} // namespace

class TestLibraryMemory : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { Allocator::install(); }

    void everyFailingAllocationIsReportedAndChangesNothing()
    {
        const QTemporaryDir folder;
        const std::string path = folder.filePath("library.volary").toStdString();
        REQUIRE(auto library, Library::open(path));
        REQUIRE(const auto conversation, library->createConversation(test::conversation("Ducks")));
        std::size_t expected = 0;
        int call = 1;
        for (bool met = true; met; call += 3) {
            Allocator::failFrom(call);
            const auto saved =
                library->saveTurn(turn(conversation, {}, "Quack"), {{{1, {}}}}, image(3, 1'100));
            met = Allocator::failed();
            Allocator::heal();
            if (!saved)
                QCOMPARE(int(saved.error().code), int(ErrorCode::OutOfMemory));
            expected += saved ? 1 : 0;
            REQUIRE(const auto turns, library->turns(conversation));
            QCOMPARE(turns.size(), expected);
        }
        QVERIFY(call > 50);
        REQUIRE(const auto damage, library->verify());
        QVERIFY(damage.empty());
    }

    void readingWithoutMemoryNeverGivesWrongValues()
    {
        const QTemporaryDir folder;
        const std::string path = folder.filePath("library.volary").toStdString();
        REQUIRE(auto library, Library::open(path));
        REQUIRE(const auto conversation, library->createConversation(test::conversation("Ducks")));
        VERIFY_OK(
            library->saveTurn(turn(conversation, {}, std::string(200'000, 'q')), {}, image(3, 1'100, 400)));
        int call = 1;
        for (bool met = true; met; call += 1) {
            library.reset();
            Allocator::failFrom(call);
            auto opened = Library::open(path);
            if (opened) {
                const auto turns = opened.value()->turns(conversation);
                if (turns)
                    QCOMPARE(turns.value().at(0).text.size(), 200'000u);
                const auto stored = opened.value()->loadSnapshot(1);
                if (stored)
                    QVERIFY(test::same(*stored.value(), image(3, 1'100, 400)));
            }
            met = Allocator::failed();
            Allocator::heal();
            opened = Error{ErrorCode::Cancelled, "", ""};
            REQUIRE(library, Library::open(path));
            library.reset();
            if (call > 400)
                call += 40; // the start of a statement repeats itself
        }
        QVERIFY(call > 100);
    }
};

QTEST_GUILESS_MAIN(TestLibraryMemory)
#include "tst_library_memory.moc"
