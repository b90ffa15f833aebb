// volary --screenshots DIR: pictures of the real window, with the real engine and the bundled model.
#pragma once

#include "app/window/arguments.h"
#include "core/base/result.h"

namespace volary::ui {

// Plays the scenes in a temporary library and writes SCENE-THEME.png for each. The error names the first
// scene that could not be reached. Needs a QApplication; runs its event loop.
Result<> takeScreenshots(const WindowArguments &arguments);

} // namespace volary::ui
