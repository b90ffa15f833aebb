// The picture of a state in colours.
#pragma once

#include "core/inspect/state_picture.h"

#include <QImage>

namespace volary::ui {

// One pixel per cell; the strongest cells, one in fifty, share the lightest colour. Null for an empty
// picture.
QImage imageOf(const StatePicture &picture);

} // namespace volary::ui
