// A thread that runs jobs one after another.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace volary {

// Whatever a job touches belongs to this thread alone, so features need no locks. Destroying the worker asks
// the running job to stop (through its stop token), runs the jobs that still wait, and joins: a save that was
// posted is never dropped.
class Worker {
public:
    using Job = std::function<void(std::stop_token)>;

    Worker() : m_thread([this](std::stop_token stop) { run(stop); }) {}
    Worker(const Worker &) = delete;
    Worker &operator=(const Worker &) = delete;

    // May be called from any thread.
    void post(Job job)
    {
        {
            std::lock_guard lock(m_mutex);
            m_waiting.push_back(std::move(job));
        }
        m_wake.notify_one();
    }

    // True when a job waits behind the running one: long jobs ask between their steps and give way.
    bool hasWaiting() const
    {
        std::lock_guard lock(m_mutex);
        return !m_waiting.empty();
    }

private:
    void run(std::stop_token stop)
    {
        for (;;) {
            Job next;
            {
                std::unique_lock lock(m_mutex);
                m_wake.wait(lock, stop, [this] { return !m_waiting.empty(); });
                if (m_waiting.empty())
                    return; // asked to stop, and nothing is left to do
                next = std::move(m_waiting.front());
                m_waiting.pop_front();
            }
            next(stop);
        }
    }

    mutable std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<Job> m_waiting; // guarded by m_mutex
    std::jthread m_thread;     // last: it must stop before the members it uses are destroyed
};

} // namespace volary
