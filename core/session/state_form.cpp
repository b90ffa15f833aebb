#include "core/session/state_form.h"

#include "core/base/check.h"
#include "core/base/half.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace volary {

namespace {

constexpr std::size_t kGroup = 64; // numbers of a row that share a scale
constexpr float kMostSteps = 127;

// Numbers of one row; the shape's last dimension.
std::size_t rowOf(const StateTensor &spec)
{
    const int rank = spec.shape.rank();
    return rank == 0 ? 1 : std::size_t(spec.shape[rank - 1]);
}

std::size_t groupsOf(const StateTensor &spec)
{
    const auto count = std::size_t(spec.shape.elements());
    const std::size_t row = rowOf(spec);
    return row == 0 ? 0 : count / row * ((row + kGroup - 1) / kGroup);
}

std::vector<float> floatsOf(std::span<const std::byte> bytes)
{
    std::vector<float> numbers(bytes.size() / sizeof(float));
    std::ranges::copy(bytes, std::as_writable_bytes(std::span(numbers)).begin()); // there may be none
    return numbers;
}

std::vector<std::byte> bytesOf(std::span<const float> numbers)
{
    const auto bytes = std::as_bytes(numbers);
    return {bytes.begin(), bytes.end()};
}

// Rounded up to 16 significant bits: then every multiple up to 127 is a float32, and a group that was
// unpacked has the same scale again.
float scaleFor(float largest)
{
    const float scale = largest / kMostSteps;
    if (!(scale >= std::numeric_limits<float>::min()))
        return 0;
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(scale) + 0xFFu) & ~0xFFu);
}

// Calls visit(first, count, group) for every group of the tensor.
template <typename Visit>
void forGroups(const StateTensor &spec, Visit &&visit)
{
    const std::size_t row = rowOf(spec);
    const auto count = std::size_t(spec.shape.elements());
    std::size_t group = 0;
    for (std::size_t first = 0; first < count; first += row) {
        for (std::size_t at = 0; at < row; at += kGroup)
            visit(first + at, std::min(kGroup, row - at), group++);
    }
}

std::vector<std::byte> packHalf(std::span<const float> numbers)
{
    std::vector<std::uint16_t> halves(numbers.size());
    std::ranges::transform(numbers, halves.begin(), floatToF16);
    const auto bytes = std::as_bytes(std::span(halves));
    return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> packInt8(std::span<const float> numbers, const StateTensor &spec)
{
    std::vector<float> scales(groupsOf(spec));
    std::vector<std::int8_t> steps(numbers.size());
    forGroups(spec, [&](std::size_t first, std::size_t count, std::size_t group) {
        float largest = 0;
        for (const float number : numbers.subspan(first, count))
            largest = std::max(largest, std::abs(number));
        const float scale = scales[group] = scaleFor(largest);
        for (std::size_t i = first; scale > 0 && i < first + count; ++i)
            steps[i] = std::int8_t(std::clamp(std::nearbyint(numbers[i] / scale), -kMostSteps, kMostSteps));
    });
    std::vector<std::byte> bytes = bytesOf(scales);
    const auto tail = std::as_bytes(std::span(steps));
    bytes.insert(bytes.end(), tail.begin(), tail.end());
    return bytes;
}

struct ErrorSums {
    double difference = 0, norm = 0;

    double relative() const { return norm > 0 ? std::sqrt(difference / norm) : 0; }
};

} // namespace

bool isRounded(const StateTensor &spec, StateForm form)
{
    return form != StateForm::Exact && spec.type == DType::F32 && spec.growth == StateGrowth::Fixed &&
           (spec.role == StateRole::Wkv || spec.role == StateRole::AttentionShift ||
            spec.role == StateRole::FeedForwardShift);
}

std::uint64_t packedBytes(const StateTensor &spec, StateForm form)
{
    const auto count = std::uint64_t(spec.shape.elements());
    if (!isRounded(spec, form))
        return count * bytesPerElement(spec.type);
    return form == StateForm::Half ? count * sizeof(std::uint16_t)
                                   : groupsOf(spec) * sizeof(float) + count * sizeof(std::int8_t);
}

std::vector<std::byte> pack(std::span<const std::byte> bytes, const StateTensor &spec, StateForm form)
{
    if (!isRounded(spec, form))
        return {bytes.begin(), bytes.end()};
    const std::vector<float> numbers = floatsOf(bytes);
    VOLARY_CHECK(numbers.size() == std::size_t(spec.shape.elements()), "the bytes that the shape asks for");
    return form == StateForm::Half ? packHalf(numbers) : packInt8(numbers, spec);
}

std::vector<std::byte> unpack(std::span<const std::byte> packed, const StateTensor &spec, StateForm form)
{
    VOLARY_CHECK(packed.size() == packedBytes(spec, form), "the bytes that the form asks for");
    if (!isRounded(spec, form))
        return {packed.begin(), packed.end()};
    std::vector<float> numbers(std::size_t(spec.shape.elements()));
    if (form == StateForm::Half) {
        std::vector<std::uint16_t> halves(numbers.size());
        std::ranges::copy(packed, std::as_writable_bytes(std::span(halves)).begin());
        std::ranges::transform(halves, numbers.begin(), f16ToFloat);
        return bytesOf(numbers);
    }
    const std::vector<float> scales = floatsOf(packed.first(groupsOf(spec) * sizeof(float)));
    const auto steps = packed.subspan(scales.size() * sizeof(float));
    forGroups(spec, [&](std::size_t first, std::size_t count, std::size_t group) {
        for (std::size_t i = first; i < first + count; ++i)
            numbers[i] = scales[group] * float(std::int8_t(steps[i]));
    });
    return bytesOf(numbers);
}

Result<RoundedImage> roundedTo(const SnapshotImage &image, StateForm form)
{
    if (image.stored.form != StateForm::Exact)
        return Error{ErrorCode::Invalid, "This state was rounded before; its exact numbers are gone.",
                     "Keep it as it is, or read the text again for an exact one."};
    RoundedImage rounded{image, 0};
    rounded.image.stored = {form, 0, 0};
    ErrorSums all;
    for (TensorImage &tensor : rounded.image.state) {
        rounded.bytes += packedBytes(tensor.spec, form);
        if (!isRounded(tensor.spec, form))
            continue;
        const auto back = std::make_shared<const std::vector<std::byte>>(
            unpack(pack(*tensor.bytes, tensor.spec, form), tensor.spec, form));
        const std::vector<float> before = floatsOf(*tensor.bytes), after = floatsOf(*back);
        ErrorSums own;
        for (std::size_t i = 0; i < before.size(); ++i) {
            if (!std::isfinite(before[i]) || !std::isfinite(after[i]))
                return Error{ErrorCode::Unsupported,
                             "This state holds numbers that are too large for the form.",
                             "Keep it exact, or choose another form."};
            const double difference = double(after[i]) - double(before[i]);
            own.difference += difference * difference;
            own.norm += double(before[i]) * double(before[i]);
        }
        all.difference += own.difference;
        all.norm += own.norm;
        rounded.image.stored.worst = std::max(rounded.image.stored.worst, own.relative());
        tensor.bytes = back;
    }
    rounded.image.stored.error = all.relative();
    return rounded;
}

std::string_view title(StateForm form)
{
    switch (form) {
    case StateForm::Exact: return "exact";
    case StateForm::Half: return "compact fp16";
    case StateForm::Int8: return "small int8";
    }
    return "";
}

} // namespace volary
