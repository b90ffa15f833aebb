// The arguments of the window program.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace volary {

struct WindowArguments {
    enum class Task { Window, Help, Version, Screenshots };

    Task task = Task::Window;
    std::filesystem::path library;              // empty: the user's own
    std::optional<std::filesystem::path> model; // empty: the last one, else the bundled one
    std::string backend = "auto";
    int threads = -1;               // below zero: as in the settings
    std::filesystem::path pictures; // folder of --screenshots
    std::string theme = "both";     // of the pictures: light, dark or both
};

// Without the program's name. Needs no display, so that --help and --version work everywhere.
Result<WindowArguments> parseWindowArguments(const std::vector<std::string> &arguments);

std::string windowHelp();

} // namespace volary
