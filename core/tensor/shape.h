// The extents of a tensor, slowest dimension first.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>

namespace volary {

// A value of at most kMaxRank dimensions. Rank 0 is a single number. Row-major: the last dimension is
// contiguous.
class Shape {
public:
    static constexpr int kMaxRank = 8;

    Shape() = default;
    Shape(std::initializer_list<std::int64_t> extents);

    // Nothing when there are too many dimensions, one is negative or the element count overflows 2^62: the
    // way for shapes that come from a file.
    static std::optional<Shape> checked(std::span<const std::int64_t> extents);

    int rank() const { return m_rank; }
    std::int64_t operator[](int dimension) const { return m_extents[std::size_t(dimension)]; }
    std::int64_t elements() const;
    bool operator==(const Shape &) const = default;

    std::string text() const; // "[512, 128]"

private:
    std::array<std::int64_t, kMaxRank> m_extents{};
    int m_rank = 0;
};

} // namespace volary
