#include "core/inspect/state_picture.h"

#include "core/inspect/head_matrices.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace volary {

namespace {

constexpr int kMostCellsPerHead = 16;

// The numbers that part `index` of `parts` covers: at least one.
std::pair<std::size_t, std::size_t> part(std::size_t extent, int parts, int index)
{
    const std::size_t from = extent * std::size_t(index) / std::size_t(parts);
    const std::size_t to = extent * std::size_t(index + 1) / std::size_t(parts);
    return {std::min(from, extent - 1), std::max(to, std::min(from, extent - 1) + 1)};
}

float cellOf(const HeadMatrix &head, int cells, int row, int column)
{
    const auto [top, bottom] = part(head.rows, cells, row);
    const auto [left, right] = part(head.columns, cells, column);
    double sum = 0;
    for (std::size_t y = top; y < bottom; ++y) {
        for (std::size_t x = left; x < right; ++x)
            sum += double(head.numbers[y * head.columns + x]) * double(head.numbers[y * head.columns + x]);
    }
    return float(std::sqrt(sum / double((bottom - top) * (right - left))));
}

} // namespace

StatePicture pictureOf(std::span<const TensorImage> state, int mostCells)
{
    const std::vector<HeadMatrix> heads = headMatrices(state);
    StatePicture picture;
    if (heads.empty())
        return picture;
    std::vector<int> layers; // of those that have heads
    for (const HeadMatrix &head : heads) {
        if (layers.empty() || layers.back() != head.layer)
            layers.push_back(head.layer);
        picture.heads = std::max(picture.heads, head.head + 1);
    }
    picture.layers = int(layers.size());
    const int cells = std::clamp(mostCells / std::max(picture.layers, picture.heads), 1, kMostCellsPerHead);
    picture.cellsPerHead = cells;
    picture.cells.resize(std::size_t(picture.width()) * std::size_t(picture.height()));
    int place = -1, layer = -2;
    for (const HeadMatrix &head : heads) {
        place += head.layer != layer ? 1 : 0;
        layer = head.layer;
        for (int row = 0; row < cells; ++row) {
            for (int column = 0; column < cells; ++column) {
                const std::size_t y = std::size_t(head.head) * std::size_t(cells) + std::size_t(row);
                const std::size_t x = std::size_t(place) * std::size_t(cells) + std::size_t(column);
                picture.cells[y * std::size_t(picture.width()) + x] = cellOf(head, cells, row, column);
            }
        }
    }
    return picture;
}

} // namespace volary
