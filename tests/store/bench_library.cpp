// How long it takes to store and load a state, beside a plain file; and to list and search many turns.
//
//   bench_library [FOLDER]
#include "core/store/library.h"
#include "tests/store/samples.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

using namespace volary;

namespace {

constexpr int kRuns = 7;
constexpr int kTurns = 10'000;

template <typename Work>
double medianMs(Work work)
{
    std::vector<double> times;
    for (int run = 0; run < kRuns; ++run) {
        const auto start = std::chrono::steady_clock::now();
        work(run);
        times.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::ranges::sort(times);
    return times[kRuns / 2];
}

template <typename T>
T need(Result<T> result)
{
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().what.c_str());
        std::exit(1);
    }
    return std::move(result).value();
}

// The recurrent state of RWKV-7 1.5B: 24 layers, 32 heads of 64.
SnapshotImage largeImage(int run)
{
    SnapshotImage made = test::image(1, 4'000, 0);
    for (int layer = 0; layer < 24; ++layer) {
        const auto seed = std::uint64_t(run * 100 + layer) * 3;
        made.state.push_back(
            test::tensor("shift", {2, 2'048}, StateRole::AttentionShift, layer, "channel", seed));
        made.state.push_back(
            test::tensor("wkv", {32, 64, 64}, StateRole::Wkv, layer, "head,value,key", seed + 1));
    }
    return made;
}

void writePlainFile(const std::string &path, const SnapshotImage &image)
{
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (const TensorImage &tensor : image.state)
        if (::write(file, tensor.bytes->data(), tensor.bytes->size()) < 0)
            std::exit(1);
    ::fsync(file);
    ::close(file);
}

void benchState(const std::filesystem::path &folder)
{
    const auto library = need(Library::open(folder / "state.volary"));
    std::vector<SnapshotImage> images;
    for (int run = 0; run < kRuns; ++run)
        images.push_back(largeImage(run));
    std::vector<SnapshotId> saved;
    const double file =
        medianMs([&](int run) { writePlainFile(folder / "plain", images[std::size_t(run)]); });
    const double save = medianMs(
        [&](int run) { saved.push_back(need(library->saveSnapshot(images[std::size_t(run)], ""))); });
    const double load = medianMs([&](int run) { need(library->loadSnapshot(saved[std::size_t(run)])); });
    std::printf("13 MB state: plain file with fsync %.1f ms, save %.1f ms, load with hashes %.1f ms\n", file,
                save, load);
}

void benchTurns(const std::filesystem::path &folder)
{
    const auto library = need(Library::open(folder / "turns.volary"));
    std::optional<TurnId> parent;
    ConversationId conversation = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kTurns; ++i) {
        if (i % 2'500 == 0) {
            conversation =
                need(library->createConversation(test::conversation("Conversation " + std::to_string(i))));
            parent.reset();
        }
        std::string text = "Turn number " + std::to_string(i);
        for (int word = 0; word < 100; ++word)
            text += " word" + std::to_string((i * 31 + word * 17) % 5'000);
        parent = need(library->saveTurn(test::turn(conversation, parent, text), {},
                                        test::image(std::uint64_t(i), 50 + i % 300)));
    }
    const double each =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() / kTurns;
    const double list = medianMs([&](int) { need(library->conversations()); });
    const double turns = medianMs([&](int) { need(library->turns(conversation)); });
    const double rare = medianMs([&](int) { need(library->search("number 777")); });
    const double common = medianMs([&](int) { need(library->search("turn wor")); });
    std::printf(
        "%d turns: saving one %.2f ms, listing conversations %.2f ms, the 2,500 turns of one %.1f ms\n",
        kTurns, each, list, turns);
    // Texts of all lengths that are stored, and of none.
    const SnapshotImage wanted = test::image(1, 400);
    const double listed = medianMs([&](int) { need(library->snapshots()); });
    const double known = medianMs([&](int) {
        need(library->longestPrefix({.model = wanted.model, .beginning = {}, .tokens = wanted.tokens}));
    });
    PrefixQuery unknown{.model = wanted.model, .beginning = {}, .tokens = wanted.tokens};
    std::vector<TokenId> other = wanted.tokens;
    other.front() += 1;
    unknown.tokens = other;
    const double sought = medianMs([&](int) { need(library->longestPrefix(unknown)); });
    std::printf(
        "%d snapshots: listed in %.1f ms, longest known beginning found in %.1f ms, none found in %.1f ms\n",
        kTurns, listed, known, sought);
    std::printf("search: rare words %.2f ms, a prefix of every turn %.1f ms\n", rare, common);
}

} // namespace

int main(int argc, char **argv)
{
    const std::filesystem::path parent = argc > 1 ? argv[1] : std::filesystem::temp_directory_path();
    const auto folder = parent / ("bench-library-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    benchState(folder);
    benchTurns(folder);
    std::filesystem::remove_all(folder);
}
