#include "ui/widgets/colour_scale.h"

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {

struct Lab {
    double lightness, a, b;
};

// The two ends and the middle; lightness runs straight from the first to the last.
constexpr Lab kDark{0.24, 0.00, -0.07}, kMiddle{0.59, -0.08, 0.00}, kLight{0.95, -0.01, 0.09};
constexpr QRgb kNoNumber = 0xFF808080;

int channel(double linear)
{
    const double clamped = std::clamp(linear, 0.0, 1.0);
    const double curved = clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * std::pow(clamped, 1 / 2.4) - 0.055;
    return int(std::lround(curved * 255));
}

// OKLab to sRGB.
QRgb toRgb(const Lab &lab)
{
    const auto cube = [](double x) { return x * x * x; };
    const double l = cube(lab.lightness + 0.3963377774 * lab.a + 0.2158037573 * lab.b);
    const double m = cube(lab.lightness - 0.1055613458 * lab.a - 0.0638541728 * lab.b);
    const double s = cube(lab.lightness - 0.0894841775 * lab.a - 1.2914855480 * lab.b);
    return qRgb(channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

Lab between(const Lab &from, const Lab &to, double share)
{
    const auto mix = [share](double x, double y) { return x + (y - x) * share; };
    return {mix(from.lightness, to.lightness), mix(from.a, to.a), mix(from.b, to.b)};
}

} // namespace

ColourScale::ColourScale()
{
    for (std::size_t i = 0; i < m_colours.size(); ++i) {
        const double place = double(i) / double(m_colours.size() - 1);
        Lab lab = place < 0.5 ? between(kDark, kMiddle, place * 2) : between(kMiddle, kLight, place * 2 - 1);
        lab.lightness = kDark.lightness + (kLight.lightness - kDark.lightness) * place;
        m_colours[i] = toRgb(lab);
    }
}

const ColourScale &ColourScale::sequential()
{
    static const ColourScale scale;
    return scale;
}

QRgb ColourScale::at(double value) const
{
    if (std::isnan(value))
        return kNoNumber;
    return m_colours[std::size_t(std::lround(std::clamp(value, 0.0, 1.0) * double(m_colours.size() - 1)))];
}

} // namespace volary::ui
