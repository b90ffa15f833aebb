// How well one colour can be told from another.
#pragma once

#include <QColor>

namespace volary::ui {

// Contrast ratio of WCAG 2.1, 1 (the same) to 21 (black on white); both colours opaque.
double contrast(const QColor &a, const QColor &b);

// `over` laid on `under` with the given opacity, 0..1.
QColor mixed(const QColor &under, const QColor &over, double opacity);

} // namespace volary::ui
