#include "core/inspect/head_matrices.h"

#include "core/models/floats.h"

#include <algorithm>
#include <cmath>

namespace volary {

namespace {

constexpr std::size_t kRowOfVector = 64;

std::vector<const TensorImage *> tensorsWith(std::span<const TensorImage> state, StateRole role)
{
    std::vector<const TensorImage *> found;
    for (const TensorImage &tensor : state) {
        if (tensor.spec.role == role && tensor.spec.growth == StateGrowth::Fixed &&
            isFloat(tensor.spec.type) && tensor.spec.shape.elements() > 0)
            found.push_back(&tensor);
    }
    return found;
}

// "head,value,key": the name of dimension `index`; empty where there is none.
std::string nameOf(const std::string &layout, int index)
{
    std::size_t begin = 0;
    for (; index > 0 && begin != std::string::npos; --index) {
        begin = layout.find(',', begin);
        begin = begin == std::string::npos ? begin : begin + 1;
    }
    return begin == std::string::npos ? "" : layout.substr(begin, layout.find(',', begin) - begin);
}

void addHeads(const TensorImage &tensor, std::vector<HeadMatrix> &to)
{
    const StateTensor &spec = tensor.spec;
    const std::vector<float> numbers = toFloats(*tensor.bytes, spec.type);
    const bool matrices = spec.shape.rank() == 3;
    const auto heads = std::size_t(matrices ? spec.shape[0] : 1);
    const std::size_t each = numbers.size() / heads;
    for (std::size_t head = 0; head < heads; ++head) {
        HeadMatrix &made = to.emplace_back();
        made.tensor = spec.name;
        made.layer = spec.layer;
        made.head = int(head);
        made.columns = matrices ? std::size_t(spec.shape[2]) : std::min(kRowOfVector, each);
        made.rows = (each + made.columns - 1) / made.columns;
        const auto begin = numbers.begin() + std::ptrdiff_t(head * each);
        made.numbers.assign(begin, begin + std::ptrdiff_t(each));
        made.numbers.resize(made.rows * made.columns); // the last row of a vector may be cut short
        if (matrices) {
            made.rowName = nameOf(spec.layout, 1);
            made.columnName = nameOf(spec.layout, 2);
        }
    }
}

} // namespace

float HeadMatrix::largest() const
{
    float found = 0;
    for (const float number : numbers)
        found = std::isfinite(number) ? std::max(found, std::abs(number)) : found;
    return found;
}

float HeadMatrix::strong() const
{
    constexpr double kShare = 0.99;
    constexpr std::size_t kSamples = 1'024; // a picture of a large state is made several times a second
    const std::size_t step = (numbers.size() / kSamples) | 1; // odd: no column is favoured
    std::vector<float> sizes;
    sizes.reserve(numbers.size() / step + 1);
    for (std::size_t i = 0; i < numbers.size(); i += step)
        sizes.push_back(std::isfinite(numbers[i]) ? std::abs(numbers[i]) : 0.0f);
    if (sizes.empty())
        return 0;
    const auto place = sizes.begin() + std::ptrdiff_t(double(sizes.size() - 1) * kShare);
    std::ranges::nth_element(sizes, place);
    return *place > 0 ? *place : largest();
}

double HeadMatrix::norm() const
{
    double sum = 0;
    for (const float number : numbers)
        sum += double(number) * double(number);
    return std::sqrt(sum);
}

std::vector<HeadMatrix> headMatrices(std::span<const TensorImage> state)
{
    auto tensors = tensorsWith(state, StateRole::Wkv);
    if (tensors.empty())
        tensors = tensorsWith(state, StateRole::Numerator);
    std::vector<HeadMatrix> heads;
    for (const TensorImage *tensor : tensors)
        addHeads(*tensor, heads);
    return heads;
}

} // namespace volary
