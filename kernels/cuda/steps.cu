// Several small ops of a row in one launch. The steps are data, so that any model's equations fit; next to
// the time that a launch takes, reading them is nothing.
#include "kernels/cuda/fused.h"
#include "kernels/cuda/linear_many.h"
#include "kernels/cuda/norms.cuh"
#include "kernels/cuda/scalar.cuh"
#include "kernels/cuda/wkv5.cuh"
#include "kernels/cuda/wkv7.cuh"

namespace volary::cuda {

namespace {

constexpr int kBlock = kRowThreads;
constexpr int kLargestHead = 64; // of a recurrence

// A launch without a recurrence.
struct NoState {
    static constexpr Step::Kind kKind = Step::Kind::Scalar;
};

template <int N>
struct State5 {
    static constexpr Step::Kind kKind = Step::Kind::Wkv5;
    static constexpr int kHead = N;
    static constexpr int kThreads = N;

    __device__ void load(const float *S, int thread) { column.load(S, thread); }
    __device__ void save(float *S, int thread) const { column.save(S, thread); }

    ValueColumn5<N> column;
};

template <int N>
struct State7 {
    static constexpr Step::Kind kKind = Step::Kind::Wkv7;
    static constexpr int kHead = N;
    static constexpr int kSharers = kBlock / N; // threads of a value row
    static constexpr int kThreads = kBlock;

    __device__ void load(const float *S, int thread) { row.load(S, thread); }
    __device__ void save(float *S, int thread) const { row.save(S, thread); }

    ValueRow7<N, kSharers> row;
};

template <int N>
__device__ void recur(State5<N> &state, const Step &step, float *slots, float *)
{
    const int j = int(threadIdx.x);
    const auto in = [&](int input) { return slots + step.in[input] * N; };
    if (j < N) // whole warps
        slots[step.out * N + j] = state.column.advance(in(0), in(1), in(2), in(4), in(3)[j]);
}

template <int N>
__device__ void recur(State7<N> &state, const Step &step, float *slots, float *learned)
{
    constexpr int kSharers = State7<N>::kSharers;
    const int thread = int(threadIdx.x), i = thread / kSharers;
    const auto in = [&](int input) { return slots + step.in[input] * N; };
    if (thread < N)
        learned[thread] = in(4)[thread] * in(5)[thread];
    __syncthreads();
    const auto sums = state.row.advance(in(0), in(1), in(2), in(4), learned, in(3)[i]);
    const float read = ValueRow7<N, kSharers>::sum(sums);
    if (thread % kSharers == 0)
        slots[step.out * N + i] = read;
}

// By all threads, from the parameters of a kernel. Reads them as memory: the constant cache serves one
// address at a time.
template <int Threads, typename T>
__device__ void copyWords(T *to, const T *from, int count)
{
    asm("" : "+l"(from)); // hides where it points to
    for (int i = int(threadIdx.x); i < count * int(sizeof(T) / sizeof(unsigned)); i += Threads)
        reinterpret_cast<unsigned *>(to)[i] = reinterpret_cast<const unsigned *>(from)[i];
}

// Leaves room beside it for the launch that comes next: 64 registers, but for the states of wkv5.
template <typename State, int Threads>
constexpr int kBlocksBeside = State::kKind == Step::Kind::Wkv5 ? 2 : 4 * kBlock / Threads;

// Of many rows, slices of a head: most of a larger block would stand by while one warp works.
constexpr int kSmallBlock = 64;

// Grid: slices of the channels, each block those that are gridDim.x apart, and rows. Steps that look at whole
// rows need a block of kRowThreads.
template <typename State, int Threads = kBlock>
__global__ void __launch_bounds__(Threads, (kBlocksBeside<State, Threads>))
    run(const __grid_constant__ StepsArgs args)
{
    __shared__ struct {
        StepsArgs::Outside outsides[StepsArgs::kMaxOutsides];
        Step steps[StepsArgs::kMaxSteps];
        int weightCount, outsideCount, stepCount;
    } p; // what is read step by step would each time come from far away
    extern __shared__ __align__(16) float slots[];
    __shared__ __align__(16) float learned[kLargestHead];
    __shared__ float scratch[kBlock / kWarp];
    __shared__ Moments moments[StepsArgs::kMaxSteps]; // of whole rows, for all slices of this block
    __shared__ float roots[StepsArgs::kMaxSteps];
    constexpr bool kRecurs = State::kKind != Step::Kind::Scalar;
    const int thread = int(threadIdx.x), warp = thread / kWarp, lane = thread % kWarp;
    copyWords<Threads>(p.outsides, args.outsides, args.outsideCount);
    copyWords<Threads>(p.steps, args.steps, args.stepCount);
    if (thread == 0) {
        p.weightCount = args.weightCount;
        p.outsideCount = args.outsideCount;
        p.stepCount = args.stepCount;
    }
    __syncthreads();
    const int row = int(blockIdx.y), slice = args.slice, width = args.width;
    const std::int64_t rowAt = std::int64_t(row) * width;

    const auto fetch = [&](int begin, int end, int first, int count) {
        constexpr int kAtOnce = 4; // loads that are under way together
        for (int from = begin * slice + thread; from < end * slice; from += kAtOnce * Threads) {
            float numbers[kAtOnce];
#pragma unroll
            for (int k = 0; k < kAtOnce; ++k) {
                const int i = from + k * Threads, c = i % slice;
                if (i < end * slice && c < count) {
                    const StepsArgs::Outside &outside = p.outsides[i / slice];
                    numbers[k] = outside.from[(outside.broadcast ? 0 : rowAt) + first + c];
                }
            }
#pragma unroll
            for (int k = 0; k < kAtOnce; ++k) {
                const int i = from + k * Threads;
                if (i < end * slice && i % slice < count)
                    slots[i] = numbers[k];
            }
        }
    };
    State state;
    float *S = nullptr;
    bool begun = false;
    for (int first = int(blockIdx.x) * slice; first < width; first += int(gridDim.x) * slice) {
        const int count = min(slice, width - first); // channels of this slice
        if (begun)
            __syncthreads(); // the slots are free again
        fetch(0, p.weightCount, first, count);
        if constexpr (kRecurs) {
            for (int s = 0; s < p.stepCount; ++s) {
                if (p.steps[s].kind == State::kKind)
                    S = p.steps[s].states[row] + std::int64_t(blockIdx.x) * State::kHead * State::kHead;
            }
            if (thread < State::kThreads)
                state.load(S, thread);
        }
        if (!begun)
            waitForEarlierLaunch();
        fetch(p.weightCount, p.outsideCount, first, count);
        __syncthreads();
        bool complete = true; // every slot is as all threads left it, not only in the thread's own channel

        for (int s = 0; s < p.stepCount; ++s) {
            const Step step = p.steps[s]; // all of it at once: one wait instead of one for each field
            const auto in = [&](int input) { return slots + step.in[input] * slice; };
            float *out = slots + step.out * slice;
            const bool looksAround = step.kind >= Step::Kind::NormalizeHeads;
            if (looksAround && !complete)
                __syncthreads();
            switch (step.kind) {
            case Step::Kind::Scalar:
                if (thread < count)
                    out[thread] =
                        apply(step.function, in(0)[thread], in(1)[thread], in(2)[thread], step.epsilon);
                break;
            case Step::Kind::LayerNorm: {
                const Moments own =
                    begun ? moments[s] : rowMoments(step.x + rowAt, width, step.epsilon, scratch);
                if (!begun && thread == 0)
                    moments[s] = own;
                if (thread < count)
                    out[thread] =
                        fmaf(own.normalise(step.x[rowAt + first + thread]), in(1)[thread], in(2)[thread]);
                break;
            }
            case Step::Kind::RmsNorm: {
                const float root =
                    begun ? roots[s]
                          : rowRoot(step.x + rowAt, width, step.epsilon, step.epsilonInRoot, scratch);
                if (!begun && thread == 0)
                    roots[s] = root;
                if (thread < count)
                    out[thread] = step.x[rowAt + first + thread] / root;
                break;
            }
            case Step::Kind::TokenShift:
                if (thread < count) {
                    float &before = step.states[row][first + thread];
                    out[thread] = before;
                    before = in(0)[thread];
                }
                break;
            case Step::Kind::NormalizeHeads:
                if (warp == 0) {
                    const float length = headLength(in(0), slice, lane);
                    for (int j = lane; j < slice; j += kWarp)
                        out[j] = in(0)[j] / length;
                }
                break;
            case Step::Kind::GroupNorm:
                if (warp == 0) {
                    const Moments moments = headMoments(in(0), slice, step.epsilon, lane);
                    for (int j = lane; j < slice; j += kWarp)
                        out[j] = fmaf(moments.normalise(in(0)[j]), in(1)[j], in(2)[j]);
                }
                break;
            case Step::Kind::Bonus7:
                if (warp == 0) {
                    const float sum = headBonus(in(0), in(1), in(3), slice, lane);
                    for (int j = lane; j < slice; j += kWarp)
                        out[j] = sum * in(2)[j];
                }
                break;
            case Step::Kind::Wkv5:
            case Step::Kind::Wkv7:
                if constexpr (kRecurs)
                    recur(state, step, slots, learned);
                break;
            }
            if (looksAround)
                __syncthreads();
            complete = looksAround;
            if (s == 0 && !begun)
                letNextLaunchStart(); // not before: its first reads would stand in line before ours
            if (step.store && thread < count)
                step.store[rowAt + first + thread] = out[thread];
        }
        if constexpr (kRecurs) {
            if (thread < State::kThreads)
                state.save(S, thread);
        }
        begun = true;
    }
}

template <typename State, int Threads = kBlock>
void start(const StepsArgs &p, cudaStream_t stream)
{
    const std::size_t slots = std::size_t(p.outsideCount + p.stepCount);
    // Blocks enough there are of many rows: one for all slices of a row looks at the whole of it only once.
    const bool oneForAll = Threads == kBlock && State::kKind == Step::Kind::Scalar && p.rows >= kManyRows;
    const unsigned blocks = oneForAll ? 1 : blocksFor(p.width, p.slice);
    launchEarly(run<State, Threads>, dim3(blocks, unsigned(p.rows)), dim3(Threads),
                slots * std::size_t(p.slice) * sizeof(float), stream, p);
}

template <template <int> typename State>
void startFor(const StepsArgs &p, cudaStream_t stream)
{
    if (p.slice == 64)
        start<State<64>>(p, stream);
    else
        start<State<32>>(p, stream);
}

} // namespace

void runSteps(const StepsArgs &p, cudaStream_t stream)
{
    bool wholeRows = false;
    for (int s = 0; s < p.stepCount; ++s) {
        const Step::Kind kind = p.steps[s].kind;
        if (kind == Step::Kind::Wkv5)
            return startFor<State5>(p, stream);
        if (kind == Step::Kind::Wkv7)
            return startFor<State7>(p, stream);
        wholeRows = wholeRows || kind == Step::Kind::LayerNorm || kind == Step::Kind::RmsNorm;
    }
    if (p.rows >= kManyRows && p.slice <= kSmallBlock && !wholeRows)
        start<NoState, kSmallBlock>(p, stream);
    else
        start<NoState>(p, stream);
}

} // namespace volary::cuda
