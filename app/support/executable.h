// Where the running program lies.
#pragma once

#include <filesystem>

namespace volary {

// The folder of the running program; empty where /proc is not mounted.
std::filesystem::path executableFolder();

} // namespace volary
