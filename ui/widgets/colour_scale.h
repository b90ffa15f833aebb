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
    // For numbers with a sign: blue below the middle, orange above it, both equally far from a middle that is
    // close to the ground it lies on.
    static const ColourScale &diverging(bool dark);

    // 0..1 (of a diverging one: 0.5 is the middle), clamped; grey for what is no number.
    QRgb at(double value) const;
    // The same for millions of numbers: from the first to the last colour.
    const std::array<QRgb, 256> &table() const { return m_colours; }

private:
    struct Lab {
        double lightness, a, b;
    };
    ColourScale(const Lab &first, const Lab &middle, const Lab &last);
    static QRgb toRgb(const Lab &lab);

    std::array<QRgb, 256> m_colours;
};

} // namespace volary::ui
