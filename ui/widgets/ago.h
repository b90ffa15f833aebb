// How long ago something was, in a few letters.
#pragma once

#include <QString>

namespace volary::ui {

// "now", "5 min", "3 h", "2 d", then the date.
QString ago(qint64 unixMs);

} // namespace volary::ui
