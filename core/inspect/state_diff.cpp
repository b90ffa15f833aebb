#include "core/inspect/state_diff.h"

#include "core/base/text.h"
#include "core/inspect/singular_values.h"
#include "core/models/floats.h"

#include <algorithm>
#include <cmath>

namespace volary {

namespace {

PieceDiff compare(std::span<const float> a, std::span<const float> b)
{
    PieceDiff diff;
    double aa = 0, bb = 0, ab = 0, dd = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double x = a[i], y = b[i], d = y - x;
        aa += x * x;
        bb += y * y;
        ab += x * y;
        dd += d * d;
        diff.largest = std::max(diff.largest, std::abs(d));
    }
    diff.normA = std::sqrt(aa);
    diff.normB = std::sqrt(bb);
    diff.distance = std::sqrt(dd);
    if (aa > 0 && bb > 0)
        diff.cosine = std::clamp(ab / (diff.normA * diff.normB), -1.0, 1.0);
    else
        diff.cosine = aa == bb ? 1 : 0;
    return diff;
}

// Larger matrices than any model has would take minutes; they come from damaged or hostile files.
constexpr std::int64_t kLargestSide = 512;

double rankOfDifference(std::span<const float> a, std::span<const float> b, const Shape &shape)
{
    std::vector<float> difference(a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        difference[i] = b[i] - a[i];
    return effectiveRank(singularValues(difference, std::size_t(shape[1]), std::size_t(shape[2])));
}

Result<TensorDiff> compareTensors(const TensorImage &a, const TensorImage &b,
                                  const std::function<bool()> &keepGoing)
{
    TensorDiff diff{.spec = a.spec, .whole = {}, .heads = {}};
    std::vector<float> x = toFloats(*a.bytes, a.spec.type), y = toFloats(*b.bytes, b.spec.type);
    const std::size_t common = std::min(x.size(), y.size());
    x.resize(common);
    y.resize(common);
    diff.whole = compare(x, y);
    if (a.spec.role != StateRole::Wkv || a.spec.shape.rank() != 3)
        return diff;
    const auto heads = std::size_t(a.spec.shape[0]), numbers = common / std::max<std::size_t>(heads, 1);
    for (std::size_t head = 0; head < heads; ++head) {
        if (keepGoing && !keepGoing())
            return Error{ErrorCode::Cancelled, "Comparing was cancelled.", ""};
        const auto of = [&](const std::vector<float> &all) {
            return std::span(all).subspan(head * numbers, numbers);
        };
        HeadDiff &each = diff.heads.emplace_back();
        each.piece = compare(of(x), of(y));
        if (each.piece.distance > 0 && std::max(a.spec.shape[1], a.spec.shape[2]) <= kLargestSide)
            each.rank = rankOfDifference(of(x), of(y), a.spec.shape);
    }
    return diff;
}

// Whatever the number of rows.
bool sameForm(const StateTensor &a, const StateTensor &b)
{
    StateTensor other = b;
    if (a.growth == StateGrowth::OneRowPerToken && b.shape.rank() == a.shape.rank() && b.shape.rank() > 0)
        other.shape = withRows(b.shape, a.shape[0]);
    return a == other;
}

} // namespace

double PieceDiff::relative() const
{
    const double norm = std::max(normA, normB);
    return norm > 0 ? distance / norm : 0;
}

Result<StateDiff> compareStates(const SnapshotImage &a, const SnapshotImage &b,
                                const std::function<bool()> &keepGoing)
{
    if (a.model.fingerprint != b.model.fingerprint)
        return Error{ErrorCode::Mismatch,
                     format("The snapshots belong to different models: “%s” and “%s”.",
                            printable(a.model.name).c_str(), printable(b.model.name).c_str()),
                     "Compare two snapshots of one model."};
    const Error differ{ErrorCode::Mismatch, "The snapshots hold different state tensors.",
                       "Compare two snapshots of one model."};
    if (a.state.size() != b.state.size())
        return differ;
    StateDiff diff;
    diff.tokensA = std::int64_t(a.tokens.size());
    diff.tokensB = std::int64_t(b.tokens.size());
    diff.commonTokens = std::ranges::mismatch(a.tokens, b.tokens).in1 - a.tokens.begin();
    for (std::size_t i = 0; i < a.state.size(); ++i) {
        if (!sameForm(a.state[i].spec, b.state[i].spec))
            return differ;
        if (!isFloat(a.state[i].spec.type))
            continue;
        TRY(TensorDiff tensor, compareTensors(a.state[i], b.state[i], keepGoing));
        diff.tensors.push_back(std::move(tensor));
    }
    return diff;
}

} // namespace volary
