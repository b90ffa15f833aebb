// Several small ops of a row in one launch: a workgroup for each slice of the channels, slices being heads
// where an op looks at heads. The steps are data, so that any model's equations fit. A value lives in a slot
// of shared memory, and in device memory only if it is read later.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"
#include "scalar.glsl"

const uint kThreads = 128; // channels of a slice at most
layout(local_size_x = kThreads) in;
layout(constant_id = 0) const uint kSlotNumbers = 1; // of all slots together
#ifdef RECURRENCE // 5 or 7: one of the steps is that recurrence, for heads of N
layout(constant_id = 1) const uint N = 64;
#endif

// The order of StepKind.
const uint kScalar = 0, kLayerNorm = 1, kRmsNorm = 2, kTokenShift = 3, kNormalizeHeads = 4, kGroupNorm = 5,
           kBonus7 = 6, kRecurrence = 7;

struct Outside {
    uvec2 from;     // [R, width], or [width]
    uint broadcast; // 1: [width]
    uint unused;
};

struct Step {
    uvec2 store;  // [R, width], or null
    uvec2 x;      // [R, width]: whole rows, of layerNorm and rmsNorm
    uvec2 states; // [R] addresses, of tokenShift and recurrences: a row for each sequence
    uint kind, function;
    uint slot[6]; // of the inputs; of layerNorm and rmsNorm the first is unused
    uint result;  // its slot
    float epsilon; // or the bound of atMost
    float epsilonInRoot;
    uint unused;
};

const uint kMaxOutsides = 20, kMaxSteps = 16;

ARGUMENTS {
    uint rows, width, slice;
    uint outsideCount, stepCount;
    uint unused;
    Outside outsides[kMaxOutsides];
    Step steps[kMaxSteps];
};
PUSHED;

// What would each time come from far away.
shared Outside outsides[kMaxOutsides];
shared Step steps[kMaxSteps];
shared float slots[kSlotNumbers];
shared float parts[kThreads], sums[8];
#ifndef RECURRENCE
#define RECURRENCE 0
#endif
#if RECURRENCE == 5
#include "wkv5.glsl"
#elif RECURRENCE == 7
#include "wkv7.glsl"
#endif

// Over all threads, on each of them. Every thread takes part.
float sumOfAll(float own)
{
    const uint thread = gl_LocalInvocationIndex;
    barrier();
    parts[thread] = own;
    barrier();
    if (thread < 8) {
        precise float sum = 0;
        for (uint i = 0; i < kThreads / 8; ++i)
            sum += parts[thread + 8 * i];
        sums[thread] = sum;
    }
    barrier();
    precise float sum = 0;
    for (uint i = 0; i < 8; ++i)
        sum += sums[i];
    return sum;
}

void main()
{
    const uint thread = gl_LocalInvocationIndex, row = gl_WorkGroupID.y;
    const uint slice = p.slice, first = gl_WorkGroupID.x * slice;
    const uint count = min(slice, p.width - first);
    const uint rowAt = row * p.width;
    const bool inside = thread < count;

    const uint outsideCount = p.outsideCount, stepCount = p.stepCount, width = p.width;
    if (thread < outsideCount)
        outsides[thread] = p.outsides[thread];
    else if (thread >= 32 && thread - 32 < stepCount)
        steps[thread - 32] = p.steps[thread - 32];
    barrier();
#if RECURRENCE != 0
    uvec2 state = uvec2(0);
    for (uint s = 0; s < stepCount; ++s) {
        if (steps[s].kind == kRecurrence)
            state = Addresses(steps[s].states).at[row];
    }
    const bool keeps = thread < N;
    float S[N];
#if RECURRENCE == 5
    const uint kept = gl_WorkGroupID.x * N * N + thread;
    if (keeps)
        loadColumn(S, state, kept);
#else
    const uint kept = (gl_WorkGroupID.x * N + thread) * N;
    if (keeps)
        loadRow(S, state, kept);
#endif
#endif
    const uint kTogether = 4; // loads that are under way together
    for (uint from = 0; from < outsideCount; from += kTogether) {
        float numbers[kTogether];
        [[unroll]] for (uint k = 0; k < kTogether; ++k) {
            const uint i = min(from + k, outsideCount - 1);
            const uint at = (outsides[i].broadcast == 1 ? 0 : rowAt) + first + min(thread, count - 1);
            numbers[k] = Floats(outsides[i].from).at[at];
        }
        [[unroll]] for (uint k = 0; k < kTogether; ++k) {
            if (inside && from + k < outsideCount)
                slots[(from + k) * slice + thread] = numbers[k];
        }
    }
    for (uint s = 0; s < stepCount; ++s) {
        const Step step = steps[s];
        // A thread reads what it wrote: steps look at slots in its own channel, and sums go through sumOfAll().
        // Recurrences, which look at all channels, wait for the other threads.
        float a = 0, b = 0, c = 0, d = 0;
        if (inside) {
            a = slots[step.slot[0] * slice + thread];
            b = slots[step.slot[1] * slice + thread];
            c = slots[step.slot[2] * slice + thread];
            d = slots[step.slot[3] * slice + thread];
        }
        precise float result = 0;
        switch (step.kind) {
        case kScalar: result = apply(step.function, a, b, c, step.epsilon); break;
        case kTokenShift:
            if (inside) {
                Floats state = Floats(Addresses(step.states).at[row]);
                result = state.at[first + thread];
                state.at[first + thread] = a;
            }
            break;
        case kLayerNorm: {
            Floats x = Floats(step.x);
            precise float sum = 0;
            for (uint i = thread; i < width; i += kThreads)
                sum += x.at[rowAt + i];
            precise float mean = sumOfAll(sum) / float(width), squares = 0;
            for (uint i = thread; i < width; i += kThreads) {
                precise float away = x.at[rowAt + i] - mean;
                squares = fma(away, away, squares);
            }
            precise float factor = 1 / sqrt(sumOfAll(squares) / float(width) + step.epsilon);
            if (inside)
                result = fma((x.at[rowAt + first + thread] - mean) * factor, b, c);
            break;
        }
        case kRmsNorm: {
            Floats x = Floats(step.x);
            precise float squares = 0;
            for (uint i = thread; i < width; i += kThreads)
                squares = fma(x.at[rowAt + i], x.at[rowAt + i], squares);
            precise float root = sqrt(sumOfAll(squares) / float(width) + step.epsilonInRoot) + step.epsilon;
            if (inside)
                result = x.at[rowAt + first + thread] / root;
            break;
        }
        case kNormalizeHeads: {
            precise float size = max(sqrt(sumOfAll(a * a)), 1e-12);
            result = a / size;
            break;
        }
        case kGroupNorm: {
            precise float mean = sumOfAll(a) / float(slice);
            precise float away = inside ? a - mean : 0;
            precise float factor = 1 / sqrt(sumOfAll(away * away) / float(slice) + step.epsilon);
            result = fma(away * factor, b, c);
            break;
        }
        case kBonus7: {
            precise float product = a * b * d;
            precise float sum = sumOfAll(product);
            result = sum * c;
            break;
        }
#if RECURRENCE != 0
        case kRecurrence: {
#if RECURRENCE == 7
            const uint learned = kSlotNumbers - N; // behind all slots
            if (keeps)
                slots[learned + thread] =
                    slots[step.slot[4] * slice + thread] * slots[step.slot[5] * slice + thread];
            barrier();
            if (keeps)
                result = advance7(S, step.slot[0] * slice, step.slot[1] * slice, step.slot[2] * slice,
                                  step.slot[4] * slice, learned, d);
#else
            barrier();
            if (keeps)
                result = advance5(S, step.slot[0] * slice, step.slot[1] * slice, step.slot[2] * slice,
                                  step.slot[4] * slice, d);
#endif
            break;
        }
#endif
        }
        if (inside) {
            slots[step.result * slice + thread] = result;
            if (!isNull(step.store))
                Floats(step.store).at[rowAt + first + thread] = result;
        }
    }
#if RECURRENCE == 5
    if (keeps)
        saveColumn(S, state, kept);
#elif RECURRENCE == 7
    if (keeps)
        saveRow(S, state, kept);
#endif
}
