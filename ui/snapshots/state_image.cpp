#include "ui/snapshots/state_image.h"

#include "ui/widgets/colour_scale.h"

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {

constexpr double kShown = 0.98; // a few outliers must not leave the rest in the dark

float nearlyStrongest(std::vector<float> cells)
{
    std::erase_if(cells, [](float cell) { return !std::isfinite(cell); });
    if (cells.empty())
        return 0;
    const auto place = cells.begin() + std::ptrdiff_t(double(cells.size() - 1) * kShown);
    std::ranges::nth_element(cells, place);
    return *place;
}

} // namespace

QImage imageOf(const StatePicture &picture)
{
    if (picture.cells.empty())
        return {};
    const float strongest = nearlyStrongest(picture.cells);
    const ColourScale &scale = ColourScale::sequential();
    QImage image(picture.width(), picture.height(), QImage::Format_RGB32);
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            const float cell = picture.cells[std::size_t(y * image.width() + x)];
            // Heads differ by orders of magnitude; the root lets the weak ones be seen, too.
            image.setPixel(x, y, scale.at(strongest > 0 ? std::sqrt(double(cell / strongest)) : 0));
        }
    }
    return image;
}

} // namespace volary::ui
