#include "core/models/state_spec.h"

#include "core/base/check.h"

#include <array>

namespace volary {

std::string_view name(StateRole role)
{
    switch (role) {
    case StateRole::AttentionShift: return "attention-shift";
    case StateRole::FeedForwardShift: return "feed-forward-shift";
    case StateRole::Wkv: return "wkv";
    case StateRole::Numerator: return "numerator";
    case StateRole::Denominator: return "denominator";
    case StateRole::Maximum: return "maximum";
    case StateRole::TokenIds: return "token-ids";
    case StateRole::KeyLatents: return "key-latents";
    case StateRole::Keys: return "keys";
    case StateRole::Values: return "values";
    }
    VOLARY_CHECK(false, "unknown state role");
}

std::size_t bytesPerRow(const StateTensor &tensor)
{
    return std::size_t(withRows(tensor.shape, 1).elements()) * bytesPerElement(tensor.type);
}

Shape withRows(const Shape &shape, std::int64_t rows)
{
    std::array<std::int64_t, Shape::kMaxRank> extents{};
    for (int d = 0; d < shape.rank(); ++d)
        extents[std::size_t(d)] = d == 0 ? rows : shape[d];
    const auto changed = Shape::checked(std::span(extents).first(std::size_t(shape.rank())));
    VOLARY_CHECK(changed.has_value() && shape.rank() > 0, "a growing tensor has rows");
    return *changed;
}

std::size_t bytesPerToken(std::span<const StateTensor> spec)
{
    std::size_t sum = 0;
    for (const StateTensor &tensor : spec)
        sum += tensor.growth == StateGrowth::OneRowPerToken && !tensor.derived ? bytesPerRow(tensor) : 0;
    return sum;
}

DerivedRows derivedRows(std::span<const StateTensor> spec)
{
    DerivedRows rows;
    for (const StateTensor &tensor : spec) {
        if (!tensor.derived || tensor.growth != StateGrowth::OneRowPerToken)
            continue;
        rows.bytesPerToken += bytesPerRow(tensor);
        rows.most = tensor.mostRows;
    }
    return rows;
}

} // namespace volary
