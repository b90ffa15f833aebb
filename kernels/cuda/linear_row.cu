// Matrix products of a single row.
//
// A single row is bound by reading the weights. For it, as many warps as fit stay to the end, each with the
// next weights on their way while it works on the last ones.
#include "kernels/cuda/linear.cuh"

namespace volary::cuda {

namespace {

constexpr int kRowBlock = 256;
constexpr int kRowBlocks = 2; // on a multiprocessor
constexpr int kEights = 4;    // of a piece: what a thread keeps in registers twice

// Bounds the registers to 96 for half types: the launch that comes next then finds room beside this one.
template <typename T>
constexpr int kRowBound = sizeof(T) == 2 ? 320 : kRowBlock;

// One row. A warp works through pieces of kEights eights: of one output, or where the sums are short of
// several outputs. The pieces of all outputs are dealt out to all warps, neighbours to different
// multiprocessors. Split: parts of the sums. Whole: every piece has all its eights, so that nothing has to be
// asked in between.
template <typename T, bool Wide, bool Whole, int Outputs, int Split>
class RowWarp {
public:
    __device__ explicit RowWarp(const ProductsArgs &all) : m_all(all), m_lane(int(threadIdx.x) % kWarp) {}

    __device__ __forceinline__ void run()
    {
        Eight<T> even[kEights],
            odd[kEights]; // of the piece at hand, of the next one, and so on in turn
        Place place = placeOf(int(threadIdx.x) / kWarp * int(gridDim.x) + int(blockIdx.x));
        fetch(place, even);
        Place next = after(place);
        fetch(next, odd);
        waitForEarlierLaunch();
        while (place.product) {
            work(place, even);
            place = after(next);
            fetch(place, even);
            if (!next.product)
                return;
            work(next, odd);
            next = after(place);
            fetch(next, odd);
        }
    }

private:
    static constexpr int kStrides = kEights / Outputs; // of a piece

    struct Place {
        const Product *product; // null after the last piece
        int task, output, stride;
    };

    __device__ __forceinline__ Place placeOf(int task) const
    {
        int number = 0;
        while (number + 1 < m_all.count && task >= m_all.products[number + 1].first)
            ++number;
        const Product &p = m_all.products[number];
        const int output = (task - p.first) * Outputs;
        return {output < p.outputs ? &p : nullptr, task, output, 0};
    }

    __device__ static bool isLast(const Place &place)
    {
        return Outputs > 1 || (place.stride + kStrides) * kStride >= place.product->inputs;
    }

    __device__ __forceinline__ Place after(const Place &place) const
    {
        if (!place.product)
            return place;
        if (isLast(place))
            return placeOf(place.task + int(gridDim.x) * (kRowBlock / kWarp));
        return {place.product, place.task, place.output, place.stride + kStrides};
    }

    __device__ __forceinline__ void fetch(const Place &place, Eight<T> (&weights)[kEights]) const
    {
        if (!place.product)
            return;
        const int inputs = place.product->inputs, last = place.product->outputs - 1;
        const int from = place.stride * kStride + m_lane * 8;
        const T *matrix = static_cast<const T *>(place.product->weight);
#pragma unroll
        for (int n = 0; n < kEights; ++n) {
            const int at = from + n % kStrides * kStride;
            const int output = Outputs == 1 ? place.output : min(place.output + n / kStrides, last);
            if (Whole || at < inputs)
                weights[n] = loadWeights<Wide>(matrix + std::int64_t(output) * inputs + at, inputs - at);
        }
    }

    __device__ __forceinline__ void work(const Place &place, const Eight<T> (&weights)[kEights])
    {
        if (place.stride == 0)
            begin(place);
        const int inputs = place.product->inputs, from = place.stride * kStride + m_lane * 8;
        const float *x = place.product->x;
#pragma unroll
        for (int n = 0; n < kEights; ++n) {
            const int at = from + n % kStrides * kStride;
            if (!Whole && at >= inputs)
                continue;
            const Eight<float> v = loadActivations<Wide>(x + at, inputs - at);
            float &sum = m_sums[Outputs == 1 ? n % Split : n / kStrides];
#pragma unroll
            for (int i = 0; i < 8; ++i)
                sum = fmaf(toFloat(weights[n].items[i]), v.items[i], sum);
        }
        if (isLast(place))
            end(place);
    }

    __device__ __forceinline__ void begin(const Place &place)
    {
#pragma unroll
        for (float &sum : m_sums)
            sum = 0;
        m_finishes = m_lane < Outputs && place.output + m_lane < place.product->outputs;
        if (m_finishes)
            m_others = fetchOthers(*place.product, 0, place.output + m_lane);
    }

    __device__ __forceinline__ void end(const Place &place)
    {
        float mine = 0; // the sum of the output that this lane finishes
#pragma unroll
        for (int o = 0; o < Outputs; ++o) {
            float sum = warpSum(m_sums[o * Split]);
#pragma unroll
            for (int part = 1; part < Split; ++part)
                sum += warpSum(m_sums[part]);
            mine = m_lane == o ? sum : mine;
        }
        if (m_finishes)
            place.product->out[place.output + m_lane] = finish(*place.product, m_others, mine);
    }

    const ProductsArgs &m_all;
    int m_lane;
    float m_sums[Outputs * Split];
    bool m_finishes;
    Others m_others;
};

template <typename T, bool Wide, bool Whole, int Outputs, int Split>
__global__ void __launch_bounds__(kRowBound<T>, kRowBlocks)
    multiplyRow(const __grid_constant__ ProductsArgs all)
{
    static_assert(Outputs == 1 || Split == 1, "sums of several outputs have one part");
    letNextLaunchStart();
    RowWarp<T, Wide, Whole, Outputs, Split>(all).run();
}

int multiprocessors()
{
    static const int count = [] {
        int value = 0;
        return cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, 0) == cudaSuccess ? value : 1;
    }();
    return count;
}

template <typename T, bool Wide, bool Whole, int Outputs, int Split>
void startRow(ProductsArgs &all, cudaStream_t stream)
{
    int tasks = 0;
    for (int i = 0; i < all.count; ++i) {
        all.products[i].first = tasks;
        tasks += int(blocksFor(all.products[i].outputs, Outputs));
    }
    // Rather a few warps on every multiprocessor than many on some.
    const unsigned most = unsigned(kRowBlocks * multiprocessors());
    const unsigned blocks = unsigned(tasks) < most ? unsigned(tasks) : most;
    launchEarly(multiplyRow<T, Wide, Whole, Outputs, Split>, dim3(blocks), dim3(kRowBlock), 0, stream, all);
}

template <typename T, bool Wide, int Outputs, int Split>
void startRow(ProductsArgs &all, cudaStream_t stream)
{
    constexpr int kPiece = kEights / Outputs * kStride;
    bool whole = Wide;
    for (int i = 0; i < all.count; ++i)
        whole = whole && all.products[i].inputs % kPiece == 0;
    if constexpr (Wide) {
        if (whole)
            return startRow<T, true, true, Outputs, Split>(all, stream);
    }
    startRow<T, Wide, false, Outputs, Split>(all, stream);
}

// How a row of so many inputs is summed: each kind has a kernel of its own, which is small enough to stay in
// the instruction cache.
int kindOf(int inputs)
{
    return inputs <= kStride ? 0 : splitOf(inputs);
}

} // namespace

template <typename T, bool Wide>
void multiplyOneRow(const ProductsArgs &all, cudaStream_t stream)
{
    constexpr int kShort = kEights / 4; // outputs whose sums of at most 1,024 inputs fit a piece
    for (const int kind : {0, 1, 2, 4}) {
        ProductsArgs some{};
        some.rows = 1;
        for (int i = 0; i < all.count; ++i) {
            if (kindOf(all.products[i].inputs) == kind)
                some.products[some.count++] = all.products[i];
        }
        if (some.count == 0)
            continue;
        switch (kind) {
        case 0: startRow<T, Wide, kEights, 1>(some, stream); break;
        case 1: startRow<T, Wide, kShort, 1>(some, stream); break;
        case 2: startRow<T, Wide, 1, 2>(some, stream); break;
        default: startRow<T, Wide, 1, 4>(some, stream); break;
        }
    }
}

template void multiplyOneRow<float, false>(const ProductsArgs &, cudaStream_t);
template void multiplyOneRow<float, true>(const ProductsArgs &, cudaStream_t);
template void multiplyOneRow<F16, false>(const ProductsArgs &, cudaStream_t);
template void multiplyOneRow<F16, true>(const ProductsArgs &, cudaStream_t);
template void multiplyOneRow<Bf16, false>(const ProductsArgs &, cudaStream_t);
template void multiplyOneRow<Bf16, true>(const ProductsArgs &, cudaStream_t);

} // namespace volary::cuda
