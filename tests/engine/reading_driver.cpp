// Reads a document until it is killed or through, and says on stdout how far it came:
// reading_driver LIBRARY MODEL DOCUMENT
//
//   read MILLISECONDS DONE SAFE TOTAL     so many tokens were read at this moment
//   ended POSITION
#include "core/engine/engine.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>

using namespace volary;

namespace {

std::int64_t nowMs()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    std::promise<int> ended;
    Engine engine({.library = argv[1], .vocabularies = {}}, [&](RequestId, Event event) {
        if (const auto *progress = std::get_if<event::ReadingProgress>(&event)) {
            std::printf("read %lld %lld %lld %lld\n", static_cast<long long>(nowMs()),
                        static_cast<long long>(progress->done), static_cast<long long>(progress->safe),
                        static_cast<long long>(progress->total));
            std::fflush(stdout);
        }
        if (const auto *end = std::get_if<event::ReadingEnded>(&event)) {
            if (end->error)
                std::fprintf(stderr, "%s\n", end->error->what.c_str());
            std::printf("ended %lld\n", static_cast<long long>(end->document.readings.front().position));
            std::fflush(stdout);
            ended.set_value(end->error ? 1 : 0);
        }
    });
    engine.post(command::OpenModel{.path = argv[2]});
    engine.post(command::ReadDocument{.document = std::atoll(argv[3])});
    return ended.get_future().get();
}
