#include "core/io/checks.h"

#include "core/base/text.h"

#include <algorithm>
#include <set>

namespace volary {
namespace {

constexpr std::size_t kMaxNameBytes = 512;                 // the longest name in any known model has 60
constexpr std::int64_t kMaxExtent = std::int64_t(1) << 40; // a terabyte of numbers in one dimension

bool isShowable(std::string_view name)
{
    return !name.empty() && name.size() <= kMaxNameBytes && printable(name, kMaxNameBytes) == name;
}

} // namespace

Error corrupt(std::string what)
{
    return {ErrorCode::Corrupt, std::move(what) + ".", "The file is damaged or incomplete; fetch it again."};
}

Error unsupported(std::string what, std::string remedy)
{
    return {ErrorCode::Unsupported, std::move(what) + ".", std::move(remedy)};
}

Result<TensorInfo> checkedTensor(std::string_view name, DType type, const std::vector<std::int64_t> &extents)
{
    if (!isShowable(name))
        return corrupt("the tensor name \"" + printable(name) + "\" is empty, too long or not printable");
    const bool sane =
        std::ranges::all_of(extents, [](auto extent) { return extent >= 0 && extent < kMaxExtent; });
    const auto shape = sane ? Shape::checked(extents) : std::nullopt;
    if (!shape || std::uint64_t(shape->elements()) > UINT64_MAX / 2 / bytesPerBlock(type))
        return corrupt("tensor " + std::string(name) + " has an impossible shape");
    const int block = elementsPerBlock(type);
    if (block > 1 && (extents.empty() || extents.back() % block != 0))
        return corrupt("tensor " + std::string(name) + " has the shape " + shape->text() +
                       ", but its rows should be whole blocks of " + std::to_string(block));
    return TensorInfo{std::string(name), type, *shape};
}

Result<> refuseDuplicates(std::span<const TensorInfo> tensors)
{
    std::set<std::string_view> seen;
    for (const auto &tensor : tensors)
        if (!seen.insert(tensor.name).second)
            return corrupt("duplicate tensor " + tensor.name);
    return {};
}

} // namespace volary
