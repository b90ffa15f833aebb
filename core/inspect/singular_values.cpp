#include "core/inspect/singular_values.h"

#include "core/base/check.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace volary {

namespace {

constexpr int kMostSweeps = 40; // it takes about 10; the bound is for numbers that are not finite
constexpr double kOrthogonal = 1e-14;

double dot(std::span<const double> a, std::span<const double> b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += a[i] * b[i];
    return sum;
}

// Turns the two vectors in their plane until they are orthogonal. Whether they were not yet.
bool makeOrthogonal(std::span<double> a, std::span<double> b)
{
    const double aa = dot(a, a), bb = dot(b, b), ab = dot(a, b);
    if (!(std::abs(ab) > kOrthogonal * std::sqrt(aa * bb)))
        return false;
    const double zeta = (bb - aa) / (2 * ab);
    const double t = std::copysign(1 / (std::abs(zeta) + std::hypot(1.0, zeta)), zeta);
    const double cosine = 1 / std::hypot(1.0, t), sine = cosine * t;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double x = a[i], y = b[i];
        a[i] = cosine * x - sine * y;
        b[i] = sine * x + cosine * y;
    }
    return true;
}

} // namespace

std::vector<double> singularValues(std::span<const float> matrix, std::size_t rows, std::size_t columns)
{
    VOLARY_CHECK(matrix.size() == rows * columns, "a matrix has rows x columns numbers");
    // Vectors of the longer side: the fewer there are, the fewer pairs.
    const bool byRows = rows <= columns;
    const std::size_t count = byRows ? rows : columns, length = byRows ? columns : rows;
    std::vector<double> numbers(count * length);
    for (std::size_t v = 0; v < count; ++v) {
        for (std::size_t i = 0; i < length; ++i)
            numbers[v * length + i] = double(byRows ? matrix[v * columns + i] : matrix[i * columns + v]);
    }
    const auto vector = [&](std::size_t v) { return std::span(numbers).subspan(v * length, length); };
    bool turned = true;
    for (int sweep = 0; turned && sweep < kMostSweeps; ++sweep) {
        turned = false;
        for (std::size_t a = 0; a + 1 < count; ++a) {
            for (std::size_t b = a + 1; b < count; ++b)
                turned = makeOrthogonal(vector(a), vector(b)) || turned;
        }
    }
    std::vector<double> values(count);
    for (std::size_t v = 0; v < count; ++v)
        values[v] = std::sqrt(dot(vector(v), vector(v)));
    if (!std::ranges::all_of(values, [](double value) { return std::isfinite(value); }))
        return std::vector<double>(count, std::numeric_limits<double>::quiet_NaN()); // they have no order
    std::ranges::sort(values, std::greater());
    return values;
}

double effectiveRank(std::span<const double> singularValues)
{
    double sum = 0;
    for (const double value : singularValues)
        sum += value;
    if (!(sum > 0))
        return sum == 0 ? 0 : std::numeric_limits<double>::quiet_NaN();
    double entropy = 0;
    for (const double value : singularValues) {
        const double share = value / sum;
        if (share > 0)
            entropy -= share * std::log(share);
    }
    return std::exp(entropy);
}

} // namespace volary
