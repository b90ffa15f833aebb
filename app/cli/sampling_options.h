// How tokens are drawn, as commands that write text are told.
#pragma once

#include "app/cli/arguments.h"
#include "core/session/sampler.h"

#include <vector>

namespace volary::cli {

extern const std::vector<Option> kSamplingOptions;

Result<int> maxTokensOption(const Arguments &arguments);

// What was given over `settings`; a seed that was not given is a new one.
Result<SamplerSettings> samplerOptions(const Arguments &arguments, SamplerSettings settings);

} // namespace volary::cli
