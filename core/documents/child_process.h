// A program of the system that works on a foreign file: with limits, and never waited for without end.
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

struct ChildLimits {
    std::chrono::milliseconds time{120'000}; // on the clock
    std::uint64_t outputBytes = std::uint64_t(256) << 20;
    std::uint64_t memoryBytes = std::uint64_t(2) << 30; // of address space
};

// The program of that name in the folders of PATH.
std::optional<std::filesystem::path> findProgram(std::string_view name);

// What the program writes to its standard output. It sees nothing on its standard input, may write no file,
// and is killed when it exceeds a limit or a stop is asked for. An Error when it does not end with status 0.
Result<std::string> runChild(const std::filesystem::path &program, const std::vector<std::string> &arguments,
                             const ChildLimits &limits, std::stop_token stop = {});

} // namespace volary
