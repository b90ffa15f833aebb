#include "ui/inspector/matrix_image.h"

#include "ui/widgets/colour_scale.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace volary::ui {

QImage imageOf(const HeadMatrix &head, bool dark, float high)
{
    const float strong = high > 0 ? high : head.strong();
    const ColourScale &colours = ColourScale::diverging(dark);
    const auto &table = colours.table();
    const float last = float(table.size() - 1), middle = last / 2, scale = strong > 0 ? middle / strong : 0;
    const auto colourOf = [&](float number) {
        const float place = middle + scale * number + 0.5f;
        if (std::isnan(place))
            return colours.at(std::numeric_limits<double>::quiet_NaN());
        return table[std::size_t(std::clamp(place, 0.0f, last))];
    };
    QImage image(int(head.columns), int(head.rows), QImage::Format_RGB32);
    for (int y = 0; y < image.height(); ++y) {
        auto *line = reinterpret_cast<QRgb *>(image.scanLine(y));
        const float *numbers = head.numbers.data() + std::size_t(y) * head.columns;
        for (int x = 0; x < image.width(); ++x)
            line[x] = colourOf(numbers[x]);
    }
    return image;
}

} // namespace volary::ui
