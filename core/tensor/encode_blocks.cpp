// From float32 to blocks of small whole numbers with scales (the layouts stand in block_layout.h).
//
// For each group the scale, and the offset where the type has one, are those with the least squared error
// among a few candidates: for given whole numbers both follow by linear regression, and the whole numbers
// come from scales a little below and above the one that just holds the largest number.
#include "core/base/check.h"
#include "core/base/half.h"
#include "core/tensor/block_layout.h"
#include "core/tensor/blocks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace volary {

namespace {

constexpr int kCandidates = 10; // to either side
constexpr float kStep = 0.1f;   // in whole numbers, at the largest one
constexpr float kLargestHalf = 65504;

int roundedWithin(float x, int least, int most)
{
    return int(std::clamp(std::nearbyint(x), float(least), float(most)));
}

std::uint16_t half(float x)
{
    return floatToF16(std::clamp(x, -kLargestHalf, kLargestHalf));
}

void putHalf(std::uint8_t *at, std::uint16_t bits)
{
    at[0] = std::uint8_t(bits);
    at[1] = std::uint8_t(bits >> 8);
}

// The d of x ~ d n with n in least .. most, where -least >= most. The largest number may be at either end.
float fitScale(std::span<const float> x, int least, int most)
{
    float largest = 0;
    for (const float value : x)
        largest = std::fabs(value) > std::fabs(largest) ? value : largest;
    if (largest == 0)
        return 0;
    float best = largest / float(least);
    double bestGain = 0; // the squared error is sum x^2 less this
    for (int i = -kCandidates; i <= kCandidates; ++i) {
        const float inverse = (float(least) + kStep * float(i)) / largest;
        double xn = 0, nn = 0;
        for (const float value : x) {
            const int n = roundedWithin(value * inverse, least, most);
            xn += double(value) * n;
            nn += double(n) * n;
        }
        if (nn > 0 && xn * xn > bestGain * nn) {
            bestGain = xn * xn / nn;
            best = float(xn / nn);
        }
    }
    return best;
}

struct Line {
    float scale = 0, offset = 0;
};

// x ~ scale n + offset with n in 0 .. most; the offset is at most `offsetMost`.
Line fitLine(std::span<const float> x, int most, float offsetMost)
{
    const auto [low, high] = std::ranges::minmax(x);
    const float bottom = std::min(low, offsetMost);
    if (high <= bottom)
        return {.scale = 0, .offset = bottom};
    Line best{.scale = (high - bottom) / float(most), .offset = bottom};
    double bestError = std::numeric_limits<double>::infinity();
    for (int i = -kCandidates; i <= kCandidates; ++i) {
        const float inverse = (float(most) + kStep * float(i)) / (high - bottom);
        double sumN = 0, sumNn = 0, sumX = 0, sumXn = 0;
        for (const float value : x) {
            const int n = roundedWithin((value - bottom) * inverse, 0, most);
            sumN += n;
            sumNn += double(n) * n;
            sumX += value;
            sumXn += double(value) * n;
        }
        const double count = double(x.size()), determinant = count * sumNn - sumN * sumN;
        if (determinant <= 0)
            continue;
        double scale = (count * sumXn - sumN * sumX) / determinant;
        double offset = (sumX - scale * sumN) / count;
        if (offset > offsetMost) {
            offset = offsetMost;
            scale = (sumXn - offset * sumN) / sumNn;
        }
        if (scale <= 0)
            continue;
        double error = 0;
        for (const float value : x) {
            const int n = roundedWithin(float((value - offset) / scale), 0, most);
            const double difference = scale * n + offset - value;
            error += difference * difference;
        }
        if (error < bestError) {
            bestError = error;
            best = {.scale = float(scale), .offset = float(offset)};
        }
    }
    return best;
}

int numberOf(float x, float scale, float offset, int least, int most)
{
    return scale == 0 ? std::clamp(0, least, most) : roundedWithin((x - offset) / scale, least, most);
}

using Numbers = std::array<int, kGroup>; // from 0 on, as stored

void putNibbles(std::uint8_t *q, const Numbers &n)
{
    for (int e = 0; e < 16; ++e)
        q[e] = std::uint8_t((n[std::size_t(e)] & 15) | (n[std::size_t(e) + 16] & 15) << 4);
}

void putFifthBits(std::uint8_t *h, const Numbers &n)
{
    std::fill_n(h, 4, std::uint8_t(0));
    for (std::size_t e = 0; e < kGroup; ++e)
        h[e / 8] = std::uint8_t(h[e / 8] | (n[e] >> 4 & 1) << (e % 8));
}

template <DType Type>
void encodeSmallBlock(std::span<const float> x, std::uint8_t *b)
{
    constexpr bool fiveBits = Type == DType::Q5_0 || Type == DType::Q5_1;
    constexpr int levels = fiveBits ? 32 : 16;
    constexpr int at = hasOffset(Type) ? 4 : 2; // after the scales
    Numbers n{};
    if constexpr (hasOffset(Type)) {
        const Line line = fitLine(x, levels - 1, std::numeric_limits<float>::infinity());
        putHalf(b, half(line.scale));
        putHalf(b + 2, half(line.offset));
        for (std::size_t e = 0; e < kGroup; ++e)
            n[e] = numberOf(x[e], blocks::half(b), blocks::half(b + 2), 0, levels - 1);
    } else {
        putHalf(b, half(fitScale(x, -levels / 2, levels / 2 - 1)));
        for (std::size_t e = 0; e < kGroup; ++e)
            n[e] = numberOf(x[e], blocks::half(b), 0, -levels / 2, levels / 2 - 1) + levels / 2;
    }
    if constexpr (fiveBits)
        putFifthBits(b + at, n);
    putNibbles(b + at + (fiveBits ? 4 : 0), n);
}

// The largest number decides alone: with 8 bits a better scale gains nothing that could be measured.
void encodeQ8_0(std::span<const float> x, std::uint8_t *b)
{
    float largest = 0;
    for (const float value : x)
        largest = std::max(largest, std::fabs(value));
    putHalf(b, half(largest / 127));
    const float d = blocks::half(b);
    for (std::size_t e = 0; e < kGroup; ++e)
        b[2 + e] = std::uint8_t(std::int8_t(numberOf(x[e], d, 0, -127, 127)));
}

constexpr std::size_t kLargeBlock = 256, kSubBlocks = kLargeBlock / kGroup;

void putScalesAndMinima(std::uint8_t *s, const std::array<int, kSubBlocks> &scale,
                        const std::array<int, kSubBlocks> &minimum)
{
    for (std::size_t j = 0; j < 4; ++j) {
        s[j] = std::uint8_t(scale[j] | (scale[j + 4] >> 4) << 6);
        s[j + 4] = std::uint8_t(minimum[j] | (minimum[j + 4] >> 4) << 6);
        s[j + 8] = std::uint8_t((scale[j + 4] & 15) | (minimum[j + 4] & 15) << 4);
    }
}

template <DType Type>
void encodeQ4OrQ5K(std::span<const float> x, std::uint8_t *b)
{
    constexpr int most = Type == DType::Q5_K ? 31 : 15;
    std::array<Line, kSubBlocks> lines;
    float largestScale = 0, largestMinimum = 0;
    for (std::size_t j = 0; j < kSubBlocks; ++j) {
        lines[j] = fitLine(x.subspan(j * kGroup, kGroup), most, 0);
        largestScale = std::max(largestScale, lines[j].scale);
        largestMinimum = std::max(largestMinimum, -lines[j].offset);
    }
    putHalf(b, half(largestScale / 63));
    putHalf(b + 2, half(largestMinimum / 63));
    const float d = blocks::half(b), dmin = blocks::half(b + 2);
    std::array<int, kSubBlocks> scale{}, minimum{};
    for (std::size_t j = 0; j < kSubBlocks; ++j) {
        scale[j] = numberOf(lines[j].scale, d, 0, 0, 63);
        minimum[j] = numberOf(-lines[j].offset, dmin, 0, 0, 63);
    }
    putScalesAndMinima(b + 4, scale, minimum);

    std::uint8_t *q = b + (Type == DType::Q5_K ? 48 : 16);
    std::fill(b + 16, b + bytesPerBlock(Type), std::uint8_t(0));
    for (std::size_t j = 0; j < kSubBlocks; ++j) {
        for (std::size_t e = 0; e < kGroup; ++e) {
            const int n =
                numberOf(x[j * kGroup + e], d * float(scale[j]), -(dmin * float(minimum[j])), 0, most);
            std::uint8_t &pair = q[kGroup * (j / 2) + e];
            pair = std::uint8_t(pair | (n & 15) << 4 * (j % 2));
            if constexpr (Type == DType::Q5_K)
                b[16 + e] = std::uint8_t(b[16 + e] | n >> 4 << j);
        }
    }
}

void encodeQ6K(std::span<const float> x, std::uint8_t *b)
{
    constexpr std::size_t kSmall = 16;
    std::array<float, kLargeBlock / kSmall> scales;
    for (std::size_t j = 0; j < scales.size(); ++j)
        scales[j] = fitScale(x.subspan(j * kSmall, kSmall), -32, 31);
    const float largest = *std::ranges::max_element(scales, {}, [](float s) { return std::fabs(s); });
    std::fill_n(b, bytesPerBlock(DType::Q6_K), std::uint8_t(0));
    putHalf(b + 208, half(largest / -128));
    const float d = blocks::half(b + 208);
    for (std::size_t e = 0; e < kLargeBlock; ++e) {
        const int scale = numberOf(scales[e / kSmall], d, 0, -128, 127);
        b[192 + e / kSmall] = std::uint8_t(std::int8_t(scale));
        const int n = numberOf(x[e], d * float(scale), 0, -32, 31) + 32;
        const std::size_t part = e / 32 % 4, l = e % 32, upper = e / 128;
        std::uint8_t &low = b[64 * upper + 32 * (part % 2) + l], &high = b[128 + 32 * upper + l];
        low = std::uint8_t(low | (n & 15) << 4 * (part / 2));
        high = std::uint8_t(high | n >> 4 << 2 * part);
    }
}

template <DType Type>
void encodeBlock(std::span<const float> x, std::uint8_t *b)
{
    if constexpr (Type == DType::Q8_0)
        encodeQ8_0(x, b);
    else if constexpr (Type == DType::Q4_K || Type == DType::Q5_K)
        encodeQ4OrQ5K<Type>(x, b);
    else if constexpr (Type == DType::Q6_K)
        encodeQ6K(x, b);
    else
        encodeSmallBlock<Type>(x, b);
}

} // namespace

void encodeBlocks(DType type, std::span<const float> from, std::byte *to)
{
    const auto elements = std::size_t(elementsPerBlock(type));
    VOLARY_CHECK(isQuantised(type) && from.size() % elements == 0, "quantised rows are whole blocks");
    std::array<float, kLargeBlock> finite;
    for (std::size_t at = 0; at < from.size(); at += elements, to += bytesPerBlock(type)) {
        std::ranges::transform(from.subspan(at, elements), finite.begin(),
                               [](float x) { return std::isfinite(x) ? x : 0; });
        const std::span<const float> x = std::span(finite).first(elements);
        withQuantisedType(type,
                          [&]<DType Type>() { encodeBlock<Type>(x, reinterpret_cast<std::uint8_t *>(to)); });
    }
}

} // namespace volary
