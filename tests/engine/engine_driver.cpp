// Chats until it is killed, and says on stdout what was acknowledged: engine_driver LIBRARY MODEL SEED
// long|short
//
//   shown MILLISECONDS BYTES     so much of the running reply had reached the "window" at this moment
//   finished TURN HASH           the turn was announced as finished, with this text
#include "core/base/sha256.h"
#include "core/engine/engine.h"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>

using namespace volary;

namespace {

std::int64_t nowMs()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void say(const std::string &line)
{
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    std::mutex mutex;
    std::condition_variable changed;
    ConversationId conversation = 0;
    std::optional<TurnId> last;
    bool modelOpen = false, idle = true;
    std::size_t shown = 0;

    Engine engine({.library = argv[1], .vocabularies = {}}, [&](RequestId, Event event) {
        std::lock_guard lock(mutex);
        if (std::get_if<event::ModelOpened>(&event))
            modelOpen = true;
        if (const auto *opened = std::get_if<event::ConversationOpened>(&event))
            conversation = opened->conversation.id;
        if (std::get_if<event::TurnStarted>(&event))
            shown = 0;
        if (const auto *text = std::get_if<event::TextAppended>(&event)) {
            shown += text->text.size();
            say("shown " + std::to_string(nowMs()) + " " + std::to_string(shown));
        }
        if (const auto *finished = std::get_if<event::TurnFinished>(&event)) {
            say("finished " + std::to_string(finished->reply.id) + " " +
                toHex(sha256(std::as_bytes(std::span(finished->reply.text)))));
            last = finished->reply.id;
            idle = true;
        }
        if (const auto *failed = std::get_if<event::GenerationFailed>(&event)) {
            say("failed " + failed->error.what);
            std::_Exit(1);
        }
        changed.notify_all();
    });
    engine.post(command::OpenModel{.path = argv[2]});
    engine.post(command::CreateConversation{.title = "driver", .settings = {}});

    const bool longReplies = std::string_view(argv[4]) == "long";
    std::uint64_t seed = std::strtoull(argv[3], nullptr, 10);
    for (;;) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return modelOpen && conversation != 0 && idle; });
        idle = false;
        GenerationSettings settings;
        settings.sampler.seed = ++seed;
        settings.sampler.topP = 1;
        settings.maxTokens = 20;
        if (longReplies) { // noise that goes on for many seconds: to be cut
            settings.sampler.temperature = 10;
            settings.chatFormat = "raw";
            settings.maxTokens = 100'000;
        }
        const std::optional<TurnId> parent = last;
        lock.unlock();
        engine.post(command::SendMessage{conversation, parent, "Tell me a story, please.", settings});
    }
}
