// Matrix times vector and matrix times matrix, in one file because they must agree to the bit: every output
// is summed over its inputs in the same order, one vector accumulator from the first input to the last and
// one reduction at the end, whatever the number of rows. So a prompt read at once leaves the same state as
// one read token by token.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/tensor/blocks.h"
#include "kernels/cpu/blocks-inl.h"
#include "kernels/cpu/ops.h"

#include <algorithm>
#include <type_traits>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace volary::cpu::HWY_NAMESPACE {

HWY_INLINE Vec load(const float *at)
{
    return hn::LoadU(Lanes(), at);
}
HWY_INLINE Vec load(const hwy::float16_t *at)
{
    return hn::PromoteTo(Lanes(), hn::LoadU(hn::Rebind<hwy::float16_t, Lanes>(), at));
}
HWY_INLINE Vec load(const hwy::bfloat16_t *at)
{
    return hn::PromoteTo(Lanes(), hn::LoadU(hn::Rebind<hwy::bfloat16_t, Lanes>(), at));
}

// The numbers that do not fill a vector, followed by zeros.
template <typename T>
HWY_INLINE Vec loadTail(const T *at, std::size_t count)
{
    alignas(64) T padded[HWY_MAX_BYTES / sizeof(float)] = {};
    std::copy_n(at, count, padded);
    return load(padded);
}

// How far ahead of the sums weights are called into the second-level cache, in bytes. Rows lie one behind the
// other, so what is ahead in memory is what comes next. The processor's own prefetching stops at every page.
constexpr std::size_t kAhead = 8192;

HWY_INLINE void callAhead(const void *at)
{
    constexpr int kForReading = 0, kSecondLevel = 2;
    __builtin_prefetch(static_cast<const char *>(at) + kAhead, kForReading, kSecondLevel);
}

// Products of `Outputs` weight rows with `Rows` activation rows: out[r * stride + o].
template <int Outputs, int Rows, bool CallAhead = false, typename T>
HWY_INLINE void tile(const T *weight, const float *x, std::size_t inputs, float *out, std::size_t stride)
{
    const Lanes d;
    const std::size_t lanes = hn::Lanes(d);
    Vec sum[Rows][Outputs];
    for (int r = 0; r < Rows; ++r) {
        for (int o = 0; o < Outputs; ++o)
            sum[r][o] = hn::Zero(d);
    }
    std::size_t i = 0;
    for (; i + lanes <= inputs; i += lanes) {
        Vec w[Outputs];
        for (int o = 0; o < Outputs; ++o) {
            const T *at = weight + std::size_t(o) * inputs + i;
            w[o] = load(at);
            if constexpr (CallAhead)
                callAhead(at);
        }
        for (int r = 0; r < Rows; ++r) {
            const Vec xr = load(x + std::size_t(r) * inputs + i);
            for (int o = 0; o < Outputs; ++o)
                sum[r][o] = hn::MulAdd(w[o], xr, sum[r][o]);
        }
    }
    if (i < inputs) {
        for (int r = 0; r < Rows; ++r) {
            const Vec xr = loadTail(x + std::size_t(r) * inputs + i, inputs - i);
            for (int o = 0; o < Outputs; ++o)
                sum[r][o] =
                    hn::MulAdd(loadTail(weight + std::size_t(o) * inputs + i, inputs - i), xr, sum[r][o]);
        }
    }
    for (int r = 0; r < Rows; ++r) {
        for (int o = 0; o < Outputs; ++o)
            out[std::size_t(r) * stride + std::size_t(o)] = hn::GetLane(hn::SumOfLanes(d, sum[r][o]));
    }
}

// One activation row: the weight is read once, from memory, and as nearly in a straight line as can be. One
// row at a time keeps AVX-512 busy; narrower vectors need the sums of two to hide the latency of the
// multiply-adds.
constexpr int kStreams = HWY_TARGET <= HWY_AVX3 ? 1 : 2;

template <typename T>
void oneRow(const T *weight, const LinearArgs &p, std::size_t begin, std::size_t end)
{
    const auto inputs = std::size_t(p.weight.inputs);
    std::size_t o = begin;
    for (; o + kStreams <= end; o += kStreams)
        tile<kStreams, 1, true>(weight + o * inputs, p.x, inputs, p.out + o, 0);
    for (; o < end; ++o)
        tile<1, 1>(weight + o * inputs, p.x, inputs, p.out + o, 0);
}

// The sums of a tile, its weights and one activation fill the registers: 16 of them up to AVX2, 32 with
// AVX-512.
constexpr int kPanel = 4;
constexpr int kBlockStreams = 4; // weight rows in blocks that meet one row of activations
constexpr int kBlockPair = 2;    // and that meet a few
constexpr int kTileRows = HWY_TARGET <= HWY_AVX3 ? 6 : 3;

// `rows` rows from `t` on, which are Most or fewer.
template <int Outputs, int Most, bool CallAhead, typename T>
void panelTimesFew(const T *panel, const LinearArgs &p, std::size_t o, std::size_t t, std::size_t rows)
{
    if constexpr (Most > 1) {
        if (rows < std::size_t(Most))
            return panelTimesFew<Outputs, Most - 1, CallAhead>(panel, p, o, t, rows);
    }
    const auto inputs = std::size_t(p.weight.inputs), outputs = std::size_t(p.weight.outputs);
    tile<Outputs, Most, CallAhead>(panel, p.x + t * inputs, inputs, p.out + t * outputs + o, outputs);
}

// CallAhead: the panel comes from memory, and what lies behind it is the next one.
template <int Outputs, bool CallAhead = false, typename T>
void panelTimesRows(const T *panel, const LinearArgs &p, std::size_t o)
{
    // Tiles of about the same height: eight rows are two times four, not six and two.
    const auto rows = std::size_t(p.rows), tiles = (rows + kTileRows - 1) / kTileRows;
    const std::size_t height = (rows + tiles - 1) / tiles;
    panelTimesFew<Outputs, kTileRows, CallAhead>(panel, p, o, 0, std::min(height, rows));
    for (std::size_t t = height; t < rows; t += height)
        panelTimesFew<Outputs, kTileRows, false>(panel, p, o, t, std::min(height, rows - t));
}

// Many activation rows: a few weight rows at a time are widened to float32 once and meet all of them.
template <typename T>
void manyRows(const T *weight, const LinearArgs &p, std::size_t begin, std::size_t end)
{
    const auto inputs = std::size_t(p.weight.inputs);
    // For few rows, such as a batch of conversations, widening twice costs less than a detour through memory.
    if (p.rows <= 2 * kTileRows) {
        std::size_t o = begin;
        for (; o + kPanel <= end; o += kPanel)
            panelTimesRows<kPanel, true>(weight + o * inputs, p, o);
        for (; o < end; ++o)
            panelTimesRows<1, true>(weight + o * inputs, p, o);
        return;
    }
    const std::size_t lanes = hn::Lanes(Lanes());
    std::vector<float> widened;
    if constexpr (!std::is_same_v<T, float>)
        widened.resize(kPanel * inputs + lanes);
    const auto panelAt = [&](std::size_t o, std::size_t count) {
        if constexpr (std::is_same_v<T, float>) {
            return weight + o * inputs;
        } else {
            const T *from = weight + o * inputs;
            std::size_t i = 0;
            for (; i + lanes <= count * inputs; i += lanes)
                hn::StoreU(load(from + i), Lanes(), widened.data() + i);
            if (i < count * inputs)
                hn::StoreU(loadTail(from + i, count * inputs - i), Lanes(), widened.data() + i);
            return static_cast<const float *>(widened.data());
        }
    };
    std::size_t o = begin;
    for (; o + kPanel <= end; o += kPanel)
        panelTimesRows<kPanel>(panelAt(o, kPanel), p, o);
    for (; o < end; ++o)
        panelTimesRows<1>(panelAt(o, 1), p, o);
}

// Weights in blocks. The numbers are made in the same way and summed in the same order whether a row of
// weights meets one row of activations or many.

// Products of `Outputs` weight rows with `Rows` activation rows: out[r * stride + o].
template <DType Type, int Outputs, int Rows>
HWY_INLINE void blockTile(const std::byte *weight, std::size_t rowBytes, const float *x, std::size_t inputs,
                          float *out, std::size_t stride)
{
    const Lanes d;
    constexpr std::size_t kGroups = elementsPerBlock(Type) / kGroup;
    const std::size_t blockBytes = bytesPerBlock(Type);
    Vec sum[Rows][Outputs];
    for (int r = 0; r < Rows; ++r) {
        for (int o = 0; o < Outputs; ++o)
            sum[r][o] = hn::Zero(d);
    }
    for (std::size_t i = 0; i < inputs; weight += blockBytes) {
        for (std::size_t g = 0; g < kGroups; ++g, i += kGroup) {
            for (int o = 0; o < Outputs; ++o) {
                const std::byte *block = weight + std::size_t(o) * rowBytes;
                callAhead(block + g * blockBytes / kGroups); // a block is longer than what one call brings
                forWeights<Type>(block, int(g), [&](std::size_t at, Vec w) {
                    for (int r = 0; r < Rows; ++r)
                        sum[r][o] = hn::MulAdd(w, load(x + std::size_t(r) * inputs + i + at), sum[r][o]);
                });
            }
        }
    }
    for (int r = 0; r < Rows; ++r) {
        for (int o = 0; o < Outputs; ++o)
            out[std::size_t(r) * stride + std::size_t(o)] = hn::GetLane(hn::SumOfLanes(d, sum[r][o]));
    }
}

// `rows` rows from `t` on, which are Most or fewer.
template <DType Type, int Most>
void blocksTimesFew(const std::byte *weight, std::size_t rowBytes, const LinearArgs &p, std::size_t o,
                    std::size_t t, std::size_t rows)
{
    if constexpr (Most > 1) {
        if (rows < std::size_t(Most))
            return blocksTimesFew<Type, Most - 1>(weight, rowBytes, p, o, t, rows);
    }
    const auto inputs = std::size_t(p.weight.inputs), outputs = std::size_t(p.weight.outputs);
    blockTile<Type, kBlockPair, Most>(weight, rowBytes, p.x + t * inputs, inputs, p.out + t * outputs + o,
                                      outputs);
}

// `count` rows of weights as float32.
template <DType Type>
void widenBlocks(const std::byte *weight, std::size_t numbers, float *to)
{
    constexpr int kGroups = elementsPerBlock(Type) / kGroup;
    const std::size_t blockBytes = bytesPerBlock(Type);
    for (std::size_t i = 0; i < numbers; weight += blockBytes) {
        for (int g = 0; g < kGroups; ++g, i += kGroup) {
            forWeights<Type>(weight, g, [&](std::size_t at, Vec w) { hn::StoreU(w, Lanes(), to + i + at); });
        }
    }
}

template <DType Type>
void linearBlocks(const LinearArgs &p, std::size_t begin, std::size_t end)
{
    const auto inputs = std::size_t(p.weight.inputs);
    const std::size_t rowBytes = inputs / std::size_t(elementsPerBlock(Type)) * bytesPerBlock(Type);
    const auto *weight = static_cast<const std::byte *>(p.weight.data);
    std::size_t o = begin;
    if (p.rows == 1) {
        for (; o + kBlockStreams <= end; o += kBlockStreams)
            blockTile<Type, kBlockStreams, 1>(weight + o * rowBytes, rowBytes, p.x, inputs, p.out + o, 0);
        for (; o < end; ++o)
            blockTile<Type, 1, 1>(weight + o * rowBytes, rowBytes, p.x, inputs, p.out + o, 0);
        return;
    }
    const auto rows = std::size_t(p.rows), outputs = std::size_t(p.weight.outputs);
    if (p.rows <= 2 * kTileRows) { // as in manyRows()
        const std::size_t height = rows <= kTileRows ? rows : (rows + 1) / 2;
        for (; o + kBlockPair <= end; o += kBlockPair) {
            for (std::size_t t = 0; t < rows; t += height)
                blocksTimesFew<Type, kTileRows>(weight + o * rowBytes, rowBytes, p, o, t,
                                                std::min(height, rows - t));
        }
        for (; o < end; ++o) {
            for (std::size_t t = 0; t < rows; ++t)
                blockTile<Type, 1, 1>(weight + o * rowBytes, rowBytes, p.x + t * inputs, inputs,
                                      p.out + t * outputs + o, 0);
        }
        return;
    }
    std::vector<float> widened(kPanel * inputs);
    for (; o + kPanel <= end; o += kPanel) {
        widenBlocks<Type>(weight + o * rowBytes, kPanel * inputs, widened.data());
        panelTimesRows<kPanel>(widened.data(), p, o);
    }
    for (; o < end; ++o) {
        widenBlocks<Type>(weight + o * rowBytes, inputs, widened.data());
        panelTimesRows<1>(widened.data(), p, o);
    }
}

template <typename T>
void linearTyped(const LinearArgs &p, int begin, int end)
{
    const auto *weight = static_cast<const T *>(p.weight.data);
    if (p.rows == 1)
        oneRow(weight, p, std::size_t(begin), std::size_t(end));
    else
        manyRows(weight, p, std::size_t(begin), std::size_t(end));
}

// Computes the outputs begin .. end-1 of every row.
void linearOutputs(const LinearArgs &p, int begin, int end)
{
    switch (p.weight.type) {
    case DType::F32: linearTyped<float>(p, begin, end); break;
    case DType::F16: linearTyped<hwy::float16_t>(p, begin, end); break;
    case DType::BF16: linearTyped<hwy::bfloat16_t>(p, begin, end); break;
    case DType::Q4_0: linearBlocks<DType::Q4_0>(p, std::size_t(begin), std::size_t(end)); break;
    case DType::Q4_1: linearBlocks<DType::Q4_1>(p, std::size_t(begin), std::size_t(end)); break;
    case DType::Q5_0: linearBlocks<DType::Q5_0>(p, std::size_t(begin), std::size_t(end)); break;
    case DType::Q5_1: linearBlocks<DType::Q5_1>(p, std::size_t(begin), std::size_t(end)); break;
    case DType::Q8_0: linearBlocks<DType::Q8_0>(p, std::size_t(begin), std::size_t(end)); break;
    case DType::Q4_K: linearBlocks<DType::Q4_K>(p, std::size_t(begin), std::size_t(end)); break;
    case DType::Q5_K: linearBlocks<DType::Q5_K>(p, std::size_t(begin), std::size_t(end)); break;
    case DType::Q6_K: linearBlocks<DType::Q6_K>(p, std::size_t(begin), std::size_t(end)); break;
    default: break; // prepare() admits no other type
    }
}

} // namespace volary::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace volary::cpu {
HWY_EXPORT(linearOutputs);

void linear(const LinearArgs &p, Parallel &parallel)
{
    // A piece of work below about 32,768 multiply-adds costs less than handing it to another thread.
    const double products = double(p.rows) * p.weight.inputs;
    const int grain = std::max(8, int(32768 / products + 7) / 8 * 8);
    parallel.forRanges(p.weight.outputs, grain, [&](int begin, int end) {
        HWY_DYNAMIC_DISPATCH(linearOutputs)(p, begin, end);
    });
}

} // namespace volary::cpu
#endif
