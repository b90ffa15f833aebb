// The ops that touch every number once: mixing, activations, sums and products.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "kernels/cpu/ops.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace volary::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;

// out[i] = f(inputs[i] ...). The last vector goes through padded copies, so every number takes the same path.
template <typename Function, typename... Inputs>
HWY_INLINE void map(std::int64_t count, float *out, Function f, const Inputs *...inputs)
{
    const Lanes d;
    const auto lanes = std::int64_t(hn::Lanes(d));
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
        hn::StoreU(f(hn::LoadU(d, inputs + i)...), d, out + i);
    if (i == count)
        return;
    const auto tail = [&](const float *from) {
        alignas(64) float padded[HWY_MAX_BYTES / sizeof(float)] = {};
        std::copy_n(from + i, count - i, padded);
        return hn::Load(d, padded);
    };
    alignas(64) float result[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(f(tail(inputs)...), d, result);
    std::copy_n(result, count - i, out + i);
}

HWY_INLINE Vec sigmoid(Vec x)
{
    const Lanes d;
    // Beyond 88 the exponential leaves float32, and the result has long been 0 or 1.
    const Vec bounded = hn::Clamp(x, hn::Set(d, -88.0f), hn::Set(d, 88.0f));
    return hn::Div(hn::Set(d, 1.0f), hn::Add(hn::Set(d, 1.0f), hn::Exp(d, hn::Neg(bounded))));
}

void activateRange(const ActivateArgs &p, int begin, int end)
{
    const Lanes d;
    const float *x = p.x + begin;
    float *out = p.out + begin;
    const std::int64_t count = end - begin;
    switch (p.activation) {
    case Activation::Tanh:
        map(
            count, out, [&](Vec v) { return hn::Tanh(d, v); }, x);
        break;
    case Activation::Sigmoid:
        map(
            count, out, [](Vec v) { return sigmoid(v); }, x);
        break;
    case Activation::SquaredRelu:
        map(
            count, out,
            [&](Vec v) {
                const Vec positive = hn::Max(v, hn::Zero(d));
                return hn::Mul(positive, positive);
            },
            x);
        break;
    case Activation::Silu:
        map(
            count, out, [](Vec v) { return hn::Mul(v, sigmoid(v)); }, x);
        break;
    case Activation::OneMinusDecay6:
        map(
            count, out,
            [&](Vec v) { return hn::Neg(hn::Expm1(d, hn::Neg(hn::Exp(d, hn::Min(v, hn::Set(d, 5.0f)))))); },
            x);
        break;
    }
}

void decay6Range(const Decay6Args &p, int begin, int end)
{
    const Lanes d;
    // e^-e^5 is already 0 in float32; what is above it must not overflow on the way.
    const Vec highest = hn::Set(d, 5.0f);
    map(
        end - begin, p.out + begin,
        [&](Vec v) { return hn::Exp(d, hn::Neg(hn::Exp(d, hn::Min(v, highest)))); }, p.x + begin);
}

void atMostRange(const AtMostArgs &p, int begin, int end)
{
    const Vec bound = hn::Set(Lanes(), p.bound);
    map(
        end - begin, p.out + begin, [&](Vec v) { return hn::Min(v, bound); }, p.x + begin);
}

void decay7Range(const Decay7Args &p, int begin, int end)
{
    const Lanes d;
    const Vec bound = hn::Set(d, float(-kDecay7Bound));
    map(
        end - begin, p.out + begin, [&](Vec v) { return hn::Exp(d, hn::Mul(bound, sigmoid(v))); },
        p.x + begin);
}

void lerpRows(const LerpArgs &p, int begin, int end)
{
    for (int t = begin; t < end; ++t) {
        const std::size_t at = std::size_t(t) * std::size_t(p.width);
        map(
            p.width, p.out + at, [](Vec x, Vec y, Vec mix) { return hn::MulAdd(hn::Sub(y, x), mix, x); },
            p.x + at, p.y + at, p.mix + (p.mixPerRow ? at : 0));
    }
}

void addRows(const ElementwiseArgs &p, int begin, int end)
{
    for (int t = begin; t < end; ++t) {
        const std::size_t at = std::size_t(t) * std::size_t(p.width);
        map(
            p.width, p.out + at, [](Vec a, Vec b) { return hn::Add(a, b); }, p.a + at,
            p.b + (p.broadcast ? 0 : at));
    }
}

void mulRows(const ElementwiseArgs &p, int begin, int end)
{
    for (int t = begin; t < end; ++t) {
        const std::size_t at = std::size_t(t) * std::size_t(p.width);
        map(
            p.width, p.out + at, [](Vec a, Vec b) { return hn::Mul(a, b); }, p.a + at,
            p.b + (p.broadcast ? 0 : at));
    }
}

void scaleKey7Rows(const ScaleKey7Args &p, int begin, int end)
{
    const Vec one = hn::Set(Lanes(), 1.0f);
    for (int t = begin; t < end; ++t) {
        const std::size_t at = std::size_t(t) * std::size_t(p.width);
        map(
            p.width, p.out + at,
            [&](Vec k, Vec a, Vec rate) { return hn::Mul(k, hn::MulAdd(hn::Sub(a, one), rate, one)); },
            p.k + at, p.a + at, p.rate);
    }
}

} // namespace volary::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace volary::cpu {
HWY_EXPORT(activateRange);
HWY_EXPORT(decay6Range);
HWY_EXPORT(atMostRange);
HWY_EXPORT(decay7Range);
HWY_EXPORT(lerpRows);
HWY_EXPORT(addRows);
HWY_EXPORT(mulRows);
HWY_EXPORT(scaleKey7Rows);

namespace {

// Below this many numbers one thread is faster than two. A multiple of every vector length, so that where a
// range is cut does not decide which numbers go through the padded tail.
constexpr int kGrain = 16384;

int rowGrain(int width)
{
    return std::max(1, kGrain / std::max(1, width));
}

} // namespace

void activate(const ActivateArgs &p, Parallel &parallel)
{
    parallel.forRanges(int(p.count), kGrain, [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(activateRange)(p, b, e);
    });
}

void decay6(const Decay6Args &p, Parallel &parallel)
{
    parallel.forRanges(int(p.count), kGrain, [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(decay6Range)(p, b, e);
    });
}

void atMost(const AtMostArgs &p, Parallel &parallel)
{
    parallel.forRanges(int(p.count), kGrain, [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(atMostRange)(p, b, e);
    });
}

void decay7(const Decay7Args &p, Parallel &parallel)
{
    parallel.forRanges(int(p.count), kGrain, [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(decay7Range)(p, b, e);
    });
}

void lerp(const LerpArgs &p, Parallel &parallel)
{
    parallel.forRanges(p.rows, rowGrain(p.width), [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(lerpRows)(p, b, e);
    });
}

void add(const ElementwiseArgs &p, Parallel &parallel)
{
    parallel.forRanges(p.rows, rowGrain(p.width), [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(addRows)(p, b, e);
    });
}

void mul(const ElementwiseArgs &p, Parallel &parallel)
{
    parallel.forRanges(p.rows, rowGrain(p.width), [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(mulRows)(p, b, e);
    });
}

// 32 x 32 numbers a row in RWKV-7a: next to nothing, so that plain loops do.
void rowMatrix(const RowMatrixArgs &p, Parallel &)
{
    const auto inputs = std::size_t(p.inputs), outputs = std::size_t(p.outputs);
    for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
        float *out = p.out + t * outputs;
        std::fill_n(out, outputs, 0.0f);
        for (std::size_t i = 0; i < inputs; ++i) {
            const float x = p.x[t * inputs + i];
            const float *row = p.m + (t * inputs + i) * outputs;
            for (std::size_t o = 0; o < outputs; ++o)
                out[o] += x * row[o];
        }
    }
}

void scaleKey7(const ScaleKey7Args &p, Parallel &parallel)
{
    parallel.forRanges(p.rows, rowGrain(p.width), [&](int b, int e) {
        HWY_DYNAMIC_DISPATCH(scaleKey7Rows)(p, b, e);
    });
}

} // namespace volary::cpu
#endif
