#include "core/tensor/shape.h"

#include "core/base/check.h"

#include <algorithm>

namespace volary {

namespace {
constexpr std::int64_t kMaxElements = std::int64_t(1) << 62;
}

Shape::Shape(std::initializer_list<std::int64_t> extents) : m_rank(int(extents.size()))
{
    VOLARY_CHECK(m_rank <= kMaxRank, "a shape of ours has at most 8 dimensions");
    std::ranges::copy(extents, m_extents.begin());
}

std::optional<Shape> Shape::checked(std::span<const std::int64_t> extents)
{
    if (extents.size() > kMaxRank)
        return std::nullopt;
    std::int64_t elements = 1;
    for (const std::int64_t extent : extents) {
        if (extent < 0 || (extent > 0 && elements > kMaxElements / extent))
            return std::nullopt;
        elements *= extent;
    }
    Shape shape;
    shape.m_rank = int(extents.size());
    std::ranges::copy(extents, shape.m_extents.begin());
    return shape;
}

std::int64_t Shape::elements() const
{
    std::int64_t product = 1;
    for (int d = 0; d < m_rank; ++d)
        product *= m_extents[std::size_t(d)];
    return product;
}

std::string Shape::text() const
{
    std::string text = "[";
    for (int d = 0; d < m_rank; ++d)
        text += (d > 0 ? ", " : "") + std::to_string(m_extents[std::size_t(d)]);
    return text + "]";
}

} // namespace volary
