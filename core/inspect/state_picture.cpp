#include "core/inspect/state_picture.h"

#include "core/models/floats.h"

#include <algorithm>
#include <cmath>

namespace volary {

namespace {

constexpr int kMostCellsPerHead = 16;

// One head's numbers: a matrix, or a vector as a matrix of one row.
struct Head {
    std::span<const float> numbers;
    std::size_t rows, columns;
};

// Cell (row, column) of a grid of `cells` x `cells`. A vector runs through the grid row by row.
float cellOf(const Head &head, int cells, int row, int column)
{
    double sum = 0;
    std::size_t count = 0;
    const auto add = [&](float number) {
        sum += double(number) * double(number);
        ++count;
    };
    const auto part = [](std::size_t extent, int parts, int index) {
        return std::pair(extent * std::size_t(index) / std::size_t(parts),
                         std::max(extent * std::size_t(index + 1) / std::size_t(parts),
                                  extent * std::size_t(index) / std::size_t(parts) + 1));
    };
    if (head.rows == 1) {
        const auto [from, to] = part(head.columns, cells * cells, row * cells + column);
        for (std::size_t i = from; i < std::min(to, head.columns); ++i)
            add(head.numbers[i]);
    } else {
        const auto [top, bottom] = part(head.rows, cells, row);
        const auto [left, right] = part(head.columns, cells, column);
        for (std::size_t y = top; y < std::min(bottom, head.rows); ++y) {
            for (std::size_t x = left; x < std::min(right, head.columns); ++x)
                add(head.numbers[y * head.columns + x]);
        }
    }
    return count > 0 ? float(std::sqrt(sum / double(count))) : 0;
}

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

int headsOf(const StateTensor &spec)
{
    return spec.shape.rank() == 3 ? int(spec.shape[0]) : 1;
}

} // namespace

StatePicture pictureOf(std::span<const TensorImage> state, int mostCells)
{
    auto tensors = tensorsWith(state, StateRole::Wkv);
    if (tensors.empty())
        tensors = tensorsWith(state, StateRole::Numerator);
    StatePicture picture;
    picture.layers = int(tensors.size());
    for (const TensorImage *tensor : tensors)
        picture.heads = std::max(picture.heads, headsOf(tensor->spec));
    if (tensors.empty())
        return picture;
    const int cells = std::clamp(mostCells / std::max(picture.layers, picture.heads), 1, kMostCellsPerHead);
    picture.cellsPerHead = cells;
    picture.cells.resize(std::size_t(picture.width()) * std::size_t(picture.height()));
    for (int layer = 0; layer < picture.layers; ++layer) {
        const StateTensor &spec = tensors[std::size_t(layer)]->spec;
        const std::vector<float> numbers = toFloats(*tensors[std::size_t(layer)]->bytes, spec.type);
        const int heads = headsOf(spec);
        const std::size_t each = numbers.size() / std::size_t(heads);
        for (int h = 0; h < heads; ++h) {
            const Head head{std::span(numbers).subspan(std::size_t(h) * each, each),
                            spec.shape.rank() == 3 ? std::size_t(spec.shape[1]) : 1,
                            spec.shape.rank() == 3 ? std::size_t(spec.shape[2]) : each};
            for (int row = 0; row < cells; ++row) {
                for (int column = 0; column < cells; ++column) {
                    const auto y = std::size_t(h * cells + row), x = std::size_t(layer * cells + column);
                    picture.cells[y * std::size_t(picture.width()) + x] = cellOf(head, cells, row, column);
                }
            }
        }
    }
    return picture;
}

} // namespace volary
