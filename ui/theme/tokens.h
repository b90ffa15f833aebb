// The two colour sets.
#pragma once

#include "ui/theme/theme.h"

namespace volary::ui {

Theme lightTheme(); // warm paper, ink, one deep teal
Theme darkTheme();  // graphite, the same teal lifted

} // namespace volary::ui
