#include "ui/widgets/colour_scale.h"

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {

constexpr QRgb kNoNumber = 0xFF808080;

int channel(double linear)
{
    const double clamped = std::clamp(linear, 0.0, 1.0);
    const double curved = clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * std::pow(clamped, 1 / 2.4) - 0.055;
    return int(std::lround(curved * 255));
}

} // namespace

// From OKLab.
QRgb ColourScale::toRgb(const Lab &lab)
{
    const auto cube = [](double x) { return x * x * x; };
    const double l = cube(lab.lightness + 0.3963377774 * lab.a + 0.2158037573 * lab.b);
    const double m = cube(lab.lightness - 0.1055613458 * lab.a - 0.0638541728 * lab.b);
    const double s = cube(lab.lightness - 0.0894841775 * lab.a - 1.2914855480 * lab.b);
    return qRgb(channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

ColourScale::ColourScale(const Lab &first, const Lab &middle, const Lab &last)
{
    const auto mix = [](double x, double y, double share) { return x + (y - x) * share; };
    for (std::size_t i = 0; i < m_colours.size(); ++i) {
        const double place = 2 * double(i) / double(m_colours.size() - 1);
        const Lab &from = place < 1 ? first : middle, &to = place < 1 ? middle : last;
        const double share = place < 1 ? place : place - 1;
        m_colours[i] = toRgb(
            {mix(from.lightness, to.lightness, share), mix(from.a, to.a, share), mix(from.b, to.b, share)});
    }
}

const ColourScale &ColourScale::sequential()
{
    static const ColourScale scale({0.24, 0.00, -0.07}, {0.595, -0.08, 0.00}, {0.95, -0.01, 0.09});
    return scale;
}

const ColourScale &ColourScale::diverging(bool dark)
{
    static const ColourScale onLight({0.48, -0.03, -0.13}, {0.97, 0.00, 0.00}, {0.58, 0.11, 0.11});
    static const ColourScale onDark({0.78, -0.05, -0.11}, {0.22, 0.00, 0.00}, {0.82, 0.06, 0.13});
    return dark ? onDark : onLight;
}

QRgb ColourScale::at(double value) const
{
    if (std::isnan(value))
        return kNoNumber;
    return m_colours[std::size_t(std::lround(std::clamp(value, 0.0, 1.0) * double(m_colours.size() - 1)))];
}

} // namespace volary::ui
