// What every command shares: its arguments, where results and progress go, and Ctrl-C.
#pragma once

#include "app/cli/arguments.h"
#include "core/base/json.h"

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string_view>

namespace volary::cli {

class Context {
public:
    Context(Arguments arguments, std::stop_token stop);

    const Arguments &arguments() const { return m_arguments; }
    // The words after the command; one that is missing is wrong usage.
    Result<std::string> word(std::size_t index, std::string_view what) const;
    bool json() const { return m_json; }
    std::stop_token stop() const { return m_stop; }

    std::filesystem::path library() const; // --library, else the user's

    // A bar on a terminal, now and then a line elsewhere, nothing with --quiet or for what is quickly done.
    // Goes to stderr.
    void progress(std::string_view stage, double fraction);
    void endProgress();

    void print(const Json &value) const; // one JSON object on stdout

private:
    Arguments m_arguments;
    std::stop_token m_stop;
    bool m_json;
    bool m_quiet;
    bool m_terminal;
    std::chrono::steady_clock::time_point m_start; // of the task in progress
    bool m_barShown = false;
    int m_shownPercent = -1;
};

// Options of every command.
extern const std::vector<Option> kCommonOptions;

} // namespace volary::cli
