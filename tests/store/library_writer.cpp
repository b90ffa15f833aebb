// Writes turns into a library and says on standard output what was acknowledged, until it is killed or fails.
//
//   library_writer LIBRARY write [COUNT]   "saved ID SEED" for every finished turn; partial turns in between
//   library_writer LIBRARY limit BYTES     the same in a process whose files may not grow beyond BYTES
//   library_writer LIBRARY hold            opens it, says "holding", and waits to be killed
//   library_writer - sampler               prints the bytes of a fresh sampler, for make_version1.py
//   library_writer LIBRARY try             says "writer", "busy" or the error, and leaves
#include "core/store/library.h"
#include "tests/store/samples.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

using namespace volary;

namespace {

int fail(const Error &error)
{
    std::printf("error %d %s\n", int(error.code), error.what.c_str());
    std::fflush(stdout);
    return 3;
}

int write(Library &library, int count)
{
    const auto conversation = library.createConversation(test::conversation("Killed"));
    if (!conversation)
        return fail(conversation.error());
    std::printf("conversation %lld\n", static_cast<long long>(conversation.value()));
    std::optional<TurnId> parent;
    for (int i = 0; i < count; ++i) {
        const auto seed = std::uint64_t(getpid()) * 1'000 + std::uint64_t(i);
        Turn turn = test::turn(conversation.value(), parent, "turn of seed " + std::to_string(seed));
        const auto partial = library.savePartialTurn(turn, {});
        if (!partial)
            return fail(partial.error());
        turn.id = partial.value();
        const auto saved = library.saveTurn(turn, {}, test::image(seed, 1 + i * 100, 40));
        if (!saved)
            return fail(saved.error());
        std::printf("saved %lld %llu\n", static_cast<long long>(saved.value()),
                    static_cast<unsigned long long>(seed));
        std::fflush(stdout);
        parent = saved.value();
    }
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const std::string_view mode = argv[2];
    if (mode == "sampler") {
        for (const std::byte byte : Sampler(SamplerSettings()).state().serialize())
            std::printf("%02x", unsigned(byte));
        std::puts("");
        return 0;
    }
    if (mode == "limit") {
        const rlimit limit{rlim_t(std::atoll(argv[3])), rlim_t(std::atoll(argv[3]))};
        std::signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    const auto library = Library::open(argv[1]);
    if (mode == "try") {
        const bool busy = !library && library.error().code == ErrorCode::Busy;
        std::puts(library ? "writer" : busy ? "busy" : library.error().what.c_str());
        return 0;
    }
    if (!library)
        return fail(library.error());
    if (mode == "hold") {
        std::puts("holding");
        std::fflush(stdout);
        pause();
    }
    return write(*library.value(), mode == "write" && argc > 3 ? std::atoi(argv[3]) : 1'000'000);
}
