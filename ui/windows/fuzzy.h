// Ranked fuzzy search over short texts.
#pragma once

#include <QString>

#include <optional>

namespace volary::ui {

// How well `typed` fits `text`: every typed letter must occur in order, ignoring case; nothing when one does
// not. Beginnings of words and runs of letters count most, gaps cost a little, so that "nc" finds "New
// conversation" before "Launch".
std::optional<int> fuzzyScore(QStringView typed, QStringView text);

} // namespace volary::ui
