// Colours for numbers.
#pragma once

#include <QRgb>

#include <array>

namespace volary::ui {

// From dark to light in even steps of perceived lightness (OKLab, Ottosson 2020), so that it reads the same
// without colour vision and in print.
class ColourScale {
public:
    static const ColourScale &sequential(); // deep blue, teal, pale yellow

    // 0..1, clamped; grey for what is no number.
    QRgb at(double value) const;

private:
    ColourScale();

    std::array<QRgb, 256> m_colours;
};

} // namespace volary::ui
