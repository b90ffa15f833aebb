// The threads of the CPU backend.
#pragma once

#include "kernels/host/op_table.h"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace volary::cpu {

// Splits a range into pieces that the calling thread and the workers take one after another. A worker that
// the system has put aside simply takes none, so a busy machine costs its share and no more. Workers spin for
// a moment after each job, since the next op of a plan follows within microseconds, and then sleep.
//
// forRanges is called by one thread at a time.
class Pool final : public Parallel {
public:
    explicit Pool(int threads); // including the calling one
    ~Pool() override;
    Pool(const Pool &) = delete;
    Pool &operator=(const Pool &) = delete;

    void forRanges(int count, int grain, const std::function<void(int, int)> &body) override;

private:
    struct Ticket; // which piece of which job is next, in one word

    void work();
    bool takeOne(); // runs one waiting piece; false when there is none

    // Written by the caller before the ticket is published; a worker reads them only while it owns a piece,
    // and the caller does not return before every piece is done.
    const std::function<void(int, int)> *m_body = nullptr;
    int m_count = 0;
    int m_piece = 0;

    alignas(64) std::atomic<std::uint64_t> m_ticket{0};
    alignas(64) std::atomic<int> m_done{0};
    alignas(64) std::atomic<std::uint32_t> m_signal{0}; // changes with every job and at the end
    std::atomic<bool> m_ending{false};
    std::vector<std::thread> m_threads;
};

} // namespace volary::cpu
