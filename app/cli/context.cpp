#include "app/cli/context.h"

#include "app/support/paths.h"
#include "core/base/text.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <unistd.h>

namespace volary::cli {

namespace {
constexpr int kBarWidth = 32;
constexpr int kPlainStep = 10; // percent between lines when stderr is no terminal
constexpr auto kQuicklyDone = std::chrono::seconds(1);
} // namespace

const std::vector<Option> kCommonOptions{
    {"json", "", "print one JSON object and nothing else"},
    {"quiet", "", "no progress on stderr"},
    {"backend", "NAME", "reference, cpu or auto (default)"},
    {"threads", "N", "threads of the cpu backend; default: one per core"},
    {"dtype", "TYPE", "weight type: f32, f16, bf16, q8_0, q6_k, q5_k, q4_k, ...; default: as stored"},
    {"cache-budget", "SIZE", "memory for rebuilt keys and values of GoldFinch, as 512M; 0: no bound"},
    {"cache-type", "TYPE", "how they are kept: f32 (default) or f16"},
    {"library", "FILE", "the library to use; default: the user's"},
    {"help", "", "show this text"},
};

Context::Context(Arguments arguments, std::stop_token stop)
    : m_arguments(std::move(arguments)), m_stop(std::move(stop)), m_json(m_arguments.has("json")),
      m_quiet(m_arguments.has("quiet")), m_terminal(isatty(STDERR_FILENO) == 1)
{}

Result<std::string> Context::word(std::size_t index, std::string_view what) const
{
    if (index < m_arguments.positional().size())
        return m_arguments.positional()[index];
    return Error{ErrorCode::Invalid, format("%s is missing.", std::string(what).c_str()), "See --help."};
}

std::filesystem::path Context::library() const
{
    const auto given = m_arguments.text("library");
    return given ? std::filesystem::path(*given) : defaultLibraryPath();
}

void Context::progress(std::string_view stage, double fraction)
{
    const int percent = int(100 * std::clamp(fraction, 0.0, 1.0));
    if (m_quiet || percent == m_shownPercent)
        return;
    if (m_start == std::chrono::steady_clock::time_point())
        m_start = std::chrono::steady_clock::now();
    if (std::chrono::steady_clock::now() - m_start < kQuicklyDone)
        return;
    if (m_terminal) {
        const int filled = percent * kBarWidth / 100;
        std::fprintf(stderr, "\r%-24.*s [%s%s] %3d %%", int(stage.size()), stage.data(),
                     std::string(std::size_t(filled), '#').c_str(),
                     std::string(std::size_t(kBarWidth - filled), '.').c_str(), percent);
        std::fflush(stderr);
        m_barShown = true;
    } else if (m_shownPercent < 0 || percent < m_shownPercent || percent >= m_shownPercent + kPlainStep) {
        std::fprintf(stderr, "%.*s %d %%\n", int(stage.size()), stage.data(), percent);
    } else {
        return;
    }
    m_shownPercent = percent;
}

void Context::endProgress()
{
    if (m_barShown)
        std::fprintf(stderr, "\r%*s\r", kBarWidth + 40, "");
    m_barShown = false;
    m_shownPercent = -1;
    m_start = {};
}

void Context::print(const Json &value) const
{
    std::printf("%s\n", value.dump().c_str());
}

} // namespace volary::cli
