#include "core/models/gguf_layout.h"

#include "core/base/half.h"
#include "core/models/floats.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace volary {

namespace {

constexpr int kMostDoublings = 64;

// Where the half floats lie that all numbers of a block are multiples of.
std::span<const std::size_t> scalesOf(DType type)
{
    static constexpr std::array<std::size_t, 1> kFirst{0};
    static constexpr std::array<std::size_t, 2> kFirstTwo{0, 2};
    static constexpr std::array<std::size_t, 1> kLast{208};
    switch (type) {
    case DType::Q4_1:
    case DType::Q5_1:
    case DType::Q4_K:
    case DType::Q5_K: return kFirstTwo;
    case DType::Q6_K: return kLast;
    default: return kFirst;
    }
}

// False when a scale leaves the range of half floats.
bool scaleBlocks(DType type, std::span<std::byte> raw, float factor)
{
    for (std::size_t block = 0; block < raw.size(); block += bytesPerBlock(type)) {
        for (const std::size_t at : scalesOf(type)) {
            std::uint16_t half;
            std::memcpy(&half, raw.data() + block + at, sizeof half);
            half = floatToF16(f16ToFloat(half) * factor);
            if (!std::isfinite(f16ToFloat(half)))
                return false;
            std::memcpy(raw.data() + block + at, &half, sizeof half);
        }
    }
    return true;
}

std::int64_t rowsOfGroups(const Shape &shape)
{
    return shape[0] % GgufPart::kGroups == 0 ? shape[0] / GgufPart::kGroups : 0;
}

} // namespace

std::optional<Shape> GgufPart::shapeOf(const Shape &stored) const
{
    if (row >= 0) {
        const std::int64_t count = stored.rank() > 0 ? stored[stored.rank() - 1] : 0;
        return count > 0 && row < stored.elements() / count ? std::optional(Shape{count}) : std::nullopt;
    }
    if (order && (stored.rank() < 1 || rowsOfGroups(stored) == 0))
        return std::nullopt;
    if (headSize != 0)
        return stored.elements() % headSize == 0
                   ? std::optional(Shape{stored.elements() / headSize, headSize})
                   : std::nullopt;
    if (!turned)
        return stored;
    if (stored.rank() == 2)
        return Shape{stored[1], stored[0]};
    return stored.rank() == 3 ? std::optional(Shape{stored[0], stored[2], stored[1]}) : std::nullopt;
}

Result<> GgufPart::doubleNumbers(const TensorInfo &stored, std::vector<std::byte> &raw) const
{
    if (doublings == 0)
        return {};
    const float factor = std::ldexp(1.0f, doublings);
    bool inRange = true;
    if (isQuantised(stored.type)) {
        inRange = scaleBlocks(stored.type, raw, factor);
    } else {
        std::vector<float> numbers = toFloats(raw, stored.type);
        for (float &number : numbers)
            number *= factor;
        raw = toBytes(numbers, stored.type);
        inRange = std::ranges::all_of(toFloats(raw, stored.type), [](float x) { return std::isfinite(x); });
    }
    if (!inRange)
        return Error{ErrorCode::Corrupt,
                     "the tensor " + stored.name + " has numbers too large to undo rescale_every_n_layers",
                     "Convert the model again without rescaling."};
    return {};
}

void GgufPart::arrange(const Shape &stored, std::span<const std::byte> raw, std::span<std::byte> to) const
{
    if (!movesNumbers()) {
        std::ranges::copy(raw, to.begin());
        return;
    }
    const auto elementBytes = raw.size() / std::size_t(stored.elements());
    if (row >= 0) {
        std::ranges::copy(raw.subspan(std::size_t(row) * to.size(), to.size()), to.begin());
        return;
    }
    std::vector<std::byte> ordered(raw.begin(), raw.end());
    if (order) {
        const std::size_t groupBytes = raw.size() / kGroups;
        for (std::size_t i = 0; i < kGroups; ++i)
            std::ranges::copy(raw.subspan(std::size_t((*order)[i]) * groupBytes, groupBytes),
                              ordered.begin() + std::ptrdiff_t(i * groupBytes));
    }
    if (!turned) {
        std::ranges::copy(ordered, to.begin());
        return;
    }
    const auto columns = std::size_t(stored[stored.rank() - 1]),
               rows = std::size_t(stored[stored.rank() - 2]);
    const std::size_t matrix = rows * columns * elementBytes;
    for (std::size_t first = 0; first < to.size(); first += matrix) {
        for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t c = 0; c < columns; ++c)
                std::memcpy(to.data() + first + (c * rows + r) * elementBytes,
                            ordered.data() + first + (r * columns + c) * elementBytes, elementBytes);
        }
    }
}

int ggufDoublings(const std::string &name, std::int64_t every)
{
    if (every <= 0)
        return 0;
    const int layer = std::atoi(name.c_str() + std::string_view("blk.").size());
    return int(std::min<std::int64_t>(layer / every, kMostDoublings));
}

} // namespace volary
