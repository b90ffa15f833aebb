#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/machine_rates.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/machine_rates.h"
#include "kernels/cpu/pool.h"
#include "kernels/cpu/processor.h"
#include "kernels/host/host_memory.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace volary::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Eight sums keep enough loads in flight to be bound by memory.
float sumFloats(const float *from, std::size_t count)
{
    const hn::ScalableTag<float> d;
    const std::size_t lanes = hn::Lanes(d);
    hn::Vec<decltype(d)> sums[8];
    for (auto &sum : sums)
        sum = hn::Zero(d);
    for (std::size_t i = 0; i + 8 * lanes <= count; i += 8 * lanes) {
        for (std::size_t s = 0; s < 8; ++s)
            sums[s] = hn::Add(sums[s], hn::LoadU(d, from + i + s * lanes));
    }
    for (std::size_t s = 1; s < 8; ++s)
        sums[0] = hn::Add(sums[0], sums[s]);
    return hn::GetLane(hn::SumOfLanes(d, sums[0]));
}

constexpr int kChains = 12; // independent sums: two units with a latency of up to five cycles

// Returns the number of operations; `sink` keeps the compiler from dropping them.
double multiplyAdd(int rounds, float *sink)
{
    const hn::ScalableTag<float> d;
    hn::Vec<decltype(d)> sums[kChains];
    for (int c = 0; c < kChains; ++c)
        sums[c] = hn::Set(d, float(c));
    const auto factor = hn::Set(d, 0.999f), term = hn::Set(d, 0.001f);
    for (int r = 0; r < rounds; ++r) {
        for (auto &sum : sums)
            sum = hn::MulAdd(sum, factor, term);
    }
    for (int c = 1; c < kChains; ++c)
        sums[0] = hn::Add(sums[0], sums[c]);
    *sink = hn::GetLane(hn::SumOfLanes(d, sums[0]));
    return 2.0 * rounds * kChains * double(hn::Lanes(d));
}

} // namespace volary::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace volary::cpu {
HWY_EXPORT(sumFloats);
HWY_EXPORT(multiplyAdd);

namespace {

constexpr std::size_t kBytes = std::size_t(256) << 20; // beyond every cache
constexpr int kPieces = 64;
constexpr int kRepeats = 7;
constexpr int kRounds = 2'000'000;

// The best of several runs: anything slower was disturbed by somebody else.
template <typename Function>
double bestSeconds(Function run)
{
    double best = 1e9;
    for (int i = 0; i < kRepeats; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        run();
        best =
            std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    return best;
}

} // namespace

MachineRates measureMachine(int threads)
{
    Pool pool(threads > 0 ? threads : describeProcessor().cores);
    const std::size_t piece = kBytes / sizeof(float) / kPieces;
    const HostMemory source(kBytes), target(kBytes);
    MachineRates rates;
    if (!source.data() || !target.data())
        return rates;
    std::memset(source.data(), 1, kBytes); // pages that were never written are all the same one
    std::memset(target.data(), 1, kBytes);
    const auto *from = reinterpret_cast<const float *>(source.data());
    auto *to = reinterpret_cast<float *>(target.data());
    std::vector<float> sinks(std::size_t(kPieces) * 16);

    const double read = bestSeconds([&] {
        pool.forRanges(kPieces, 1, [&](int begin, int end) {
            for (int p = begin; p < end; ++p)
                sinks[std::size_t(p) * 16] =
                    HWY_DYNAMIC_DISPATCH(sumFloats)(from + std::size_t(p) * piece, piece);
        });
    });
    rates.readGbPerSecond = double(kBytes) / read * 1e-9;

    const double copy = bestSeconds([&] {
        pool.forRanges(kPieces, 1, [&](int begin, int end) {
            const std::size_t at = std::size_t(begin) * piece;
            std::memcpy(to + at, from + at, std::size_t(end - begin) * piece * sizeof(float));
        });
    });
    rates.copyGbPerSecond = 2 * double(kBytes) / copy * 1e-9;

    std::vector<double> operations(std::size_t(kPieces) * 8);
    const double compute = bestSeconds([&] {
        pool.forRanges(kPieces, 1, [&](int begin, int end) {
            for (int p = begin; p < end; ++p)
                operations[std::size_t(p) * 8] =
                    HWY_DYNAMIC_DISPATCH(multiplyAdd)(kRounds / kPieces, &sinks[std::size_t(p) * 16]);
        });
    });
    double total = 0;
    for (const double some : operations)
        total += some;
    rates.floatTflopPerSecond = total / compute * 1e-12;
    return rates;
}

} // namespace volary::cpu
#endif
