#include "app/cli/sampling_options.h"

#include <random>

namespace volary::cli {

const std::vector<Option> kSamplingOptions{
    {"max-tokens", "N", "at most so many tokens (default 256)"},
    {"temperature", "X", "0: always the likeliest token"},
    {"top-k", "N", "only the N likeliest tokens; 0: off"},
    {"top-p", "X", "only the likeliest tokens that make up this probability"},
    {"min-p", "X", "only tokens of at least X times the largest probability"},
    {"presence", "X", "penalty for tokens that occurred"},
    {"frequency", "X", "penalty for each time they occurred"},
    {"penalty-decay", "X", "how the counts fade per token"},
    {"seed", "N", "same seed, same text; default: a new one"},
};

Result<int> maxTokensOption(const Arguments &arguments)
{
    TRY(const std::int64_t tokens, arguments.integer("max-tokens", 256, 1, 1 << 30));
    return int(tokens);
}

Result<SamplerSettings> samplerOptions(const Arguments &arguments, SamplerSettings settings)
{
    const auto number = [&](std::string_view name, double &setting) -> Result<> {
        TRY(setting, arguments.number(name, setting));
        return {};
    };
    TRY_(number("temperature", settings.temperature));
    TRY_(number("top-p", settings.topP));
    TRY_(number("min-p", settings.minP));
    TRY_(number("presence", settings.presencePenalty));
    TRY_(number("frequency", settings.frequencyPenalty));
    TRY_(number("penalty-decay", settings.penaltyDecay));
    TRY(const std::int64_t topK, arguments.integer("top-k", settings.topK, 0, INT32_MAX));
    settings.topK = int(topK);
    TRY(const std::int64_t seed, arguments.integer("seed", 0, 0, INT64_MAX));
    settings.seed = std::uint64_t(seed);
    while (settings.seed == 0)
        settings.seed = std::random_device{}();
    TRY_(settings.validate());
    return settings;
}

} // namespace volary::cli
