#include "kernels/cpu/pool.h"

#include <algorithm>
#include <hwy/cache_control.h>

namespace volary::cpu {

namespace {

// About 50 microseconds: longer than the gap between two ops of a plan, shorter than anybody notices.
constexpr int kSpins = 2000;
// A few pieces per thread: small enough to even out threads of different speed, large enough not to be
// counted.
constexpr int kPiecesPerThread = 4;
constexpr int kMaxPieces = 0xFFFF;

} // namespace

// Layout of m_ticket: job number (32 bits), pieces in all (16), next piece (16). Taking a piece is one
// compare-and-swap, which fails when the job has changed meanwhile.
struct Pool::Ticket {
    std::uint32_t job;
    std::uint32_t pieces;
    std::uint32_t next;

    static Ticket unpack(std::uint64_t word)
    {
        return {std::uint32_t(word >> 32), std::uint32_t(word >> 16) & 0xFFFF, std::uint32_t(word) & 0xFFFF};
    }
    std::uint64_t pack() const { return std::uint64_t(job) << 32 | std::uint64_t(pieces) << 16 | next; }
};

Pool::Pool(int threads)
{
    for (int i = 1; i < threads; ++i)
        m_threads.emplace_back([this] { work(); });
}

Pool::~Pool()
{
    m_ending = true;
    m_signal.fetch_add(1);
    m_signal.notify_all();
    for (std::thread &thread : m_threads)
        thread.join();
}

void Pool::forRanges(int count, int grain, const std::function<void(int, int)> &body)
{
    if (count <= 0)
        return;
    const int wanted = (int(m_threads.size()) + 1) * kPiecesPerThread;
    const int piece =
        std::max({grain, 1, (count + wanted - 1) / wanted, (count + kMaxPieces - 1) / kMaxPieces});
    const int pieces = (count + piece - 1) / piece;
    if (pieces == 1 || m_threads.empty()) {
        body(0, count);
        return;
    }
    m_body = &body;
    m_count = count;
    m_piece = piece;
    m_done.store(0, std::memory_order_relaxed);
    const Ticket last = Ticket::unpack(m_ticket.load(std::memory_order_relaxed));
    m_ticket.store(Ticket{last.job + 1, std::uint32_t(pieces), 0}.pack());
    m_signal.fetch_add(1);
    m_signal.notify_all();

    while (takeOne()) {
    }
    for (int spin = 0;; ++spin) {
        const int done = m_done.load(std::memory_order_acquire);
        if (done == pieces)
            return;
        if (spin < kSpins)
            hwy::Pause();
        else
            m_done.wait(done, std::memory_order_acquire);
    }
}

bool Pool::takeOne()
{
    std::uint64_t word = m_ticket.load(std::memory_order_acquire);
    for (;;) {
        Ticket ticket = Ticket::unpack(word);
        const std::uint32_t mine = ticket.next;
        if (mine == ticket.pieces)
            return false;
        ++ticket.next;
        if (!m_ticket.compare_exchange_weak(word, ticket.pack(), std::memory_order_acquire))
            continue;
        const int begin = int(mine) * m_piece;
        (*m_body)(begin, std::min(begin + m_piece, m_count));
        m_done.fetch_add(1, std::memory_order_release);
        m_done.notify_one();
        return true;
    }
}

void Pool::work()
{
    for (int idle = 0; !m_ending;) {
        const std::uint32_t signal = m_signal.load();
        if (takeOne()) {
            idle = 0;
        } else if (idle < kSpins) {
            ++idle;
            hwy::Pause();
        } else {
            m_signal.wait(signal);
            idle = 0;
        }
    }
}

} // namespace volary::cpu
