#include "ui/inspector/matrix_image.h"

#include "ui/widgets/colour_scale.h"

namespace volary::ui {

QImage imageOf(const HeadMatrix &head, bool dark, float high)
{
    const float strong = high > 0 ? high : head.strong();
    const double scale = strong > 0 ? 0.5 / double(strong) : 0;
    const ColourScale &colours = ColourScale::diverging(dark);
    QImage image(int(head.columns), int(head.rows), QImage::Format_RGB32);
    for (int y = 0; y < image.height(); ++y) {
        auto *line = reinterpret_cast<QRgb *>(image.scanLine(y));
        const float *numbers = head.numbers.data() + std::size_t(y) * head.columns;
        for (int x = 0; x < image.width(); ++x)
            line[x] = colours.at(0.5 + scale * double(numbers[x]));
    }
    return image;
}

} // namespace volary::ui
