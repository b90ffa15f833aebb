// One head's matrix in colours.
#pragma once

#include "core/inspect/head_matrices.h"

#include <QImage>

namespace volary::ui {

// One pixel per number: blue below zero, orange above, the last colour for `high` and beyond; 0 stands for
// what is strong in this head.
QImage imageOf(const HeadMatrix &head, bool dark, float high = 0);

} // namespace volary::ui
