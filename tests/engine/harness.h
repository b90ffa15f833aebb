// An engine whose events a test can wait for.
#pragma once

#include "core/engine/engine.h"
#include "tests/support/golden.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace volary::test {

class Harness {
public:
    explicit Harness(const std::filesystem::path &library)
        : m_engine(std::make_unique<Engine>(Engine::Options{.library = library, .vocabularies = {}},
                                            [this](RequestId request, Event event) {
                                                std::lock_guard lock(m_mutex);
                                                m_observed +=
                                                    std::holds_alternative<event::StateObserved>(event);
                                                m_events.emplace_back(request, std::move(event));
                                                m_arrived.notify_all();
                                            }))
    {}

    Engine &engine() { return *m_engine; }
    void close() { m_engine.reset(); }

    // The next event of this type (of this request, when one is given); earlier events of other types are
    // dropped. Nothing after four minutes: far beyond what any of them takes, so that a hanging engine fails
    // a test.
    template <typename T>
    std::optional<T> wait(RequestId request = 0)
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(4);
        std::unique_lock lock(m_mutex);
        for (;;) {
            while (!m_events.empty()) {
                auto [from, event] = std::move(m_events.front());
                m_events.pop_front();
                if (auto *wanted = std::get_if<T>(&event); wanted && (request == 0 || request == from))
                    return std::move(*wanted);
                if (auto *failed = std::get_if<event::GenerationFailed>(&event))
                    std::fprintf(stderr, "generation failed: %s\n", failed->error.what.c_str());
                if (auto *failed = std::get_if<event::CommandFailed>(&event))
                    std::fprintf(stderr, "%s failed: %s\n", failed->task.c_str(), failed->error.what.c_str());
                if (auto *failed = std::get_if<event::ModelFailed>(&event))
                    std::fprintf(stderr, "model failed: %s\n", failed->error.what.c_str());
            }
            if (m_arrived.wait_until(lock, deadline) == std::cv_status::timeout)
                return std::nullopt;
        }
    }

    int observed() // how many states of running replies came
    {
        std::lock_guard lock(m_mutex);
        return m_observed;
    }

    template <typename T>
    std::optional<T> ask(Command command)
    {
        return wait<T>(m_engine->post(std::move(command)));
    }

    bool openModel(const std::filesystem::path &path = bundledModel())
    {
        return ask<event::ModelOpened>(command::OpenModel{.path = path}).has_value();
    }

    ConversationId newConversation(const std::string &title = {})
    {
        const auto opened =
            ask<event::ConversationOpened>(command::CreateConversation{.title = title, .settings = {}});
        return opened ? opened->conversation.id : 0;
    }

    std::vector<Turn> turns(ConversationId conversation)
    {
        const auto opened = ask<event::ConversationOpened>(command::OpenConversation{conversation});
        return opened ? *opened->turns : std::vector<Turn>();
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_arrived;
    std::deque<std::pair<RequestId, Event>> m_events; // guarded by m_mutex
    int m_observed = 0;                               // likewise
    std::unique_ptr<Engine> m_engine;                 // last: it sends until it is gone
};

} // namespace volary::test
