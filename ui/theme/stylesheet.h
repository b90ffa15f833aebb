// The one stylesheet of the window, written from the tokens.
#pragma once

#include "ui/theme/theme.h"

#include <QString>

namespace volary::ui {

// `pointSize` is that of ordinary text; headings and captions are derived from it.
QString stylesheet(const Theme &theme, double pointSize);

} // namespace volary::ui
