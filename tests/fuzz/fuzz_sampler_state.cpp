// Saved sampler states: what is accepted writes back the same bytes and can go on drawing.
#include "core/base/check.h"
#include "core/session/sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

namespace {

using volary::Sampler;
using volary::SamplerState;

constexpr double kSumTolerance = 1e-9;

void drawOn(const SamplerState &state)
{
    // Token 1 can always be drawn: no penalty within its range moves it below the others' -infinity.
    const std::array<float, 4> logits{-INFINITY, 1, NAN, -INFINITY};
    Sampler sampler(state);
    const auto distribution = sampler.distribution(logits);
    const double sum = std::accumulate(distribution.begin(), distribution.end(), 0.0);
    VOLARY_CHECK(std::abs(sum - 1) < kSumTolerance, "probabilities sum to one");
    VOLARY_CHECK(sampler.sample(logits) == 1, "the only possible token is drawn");
    VOLARY_CHECK(SamplerState::deserialize(sampler.state().serialize()), "what we save can be read");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto parsed = SamplerState::deserialize(bytes);
    if (!parsed) {
        VOLARY_CHECK(!parsed.error().what.empty(), "a refusal says why");
        return 0;
    }
    const auto written = parsed.value().serialize();
    VOLARY_CHECK(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()),
                 "an accepted state writes back its bytes");
    drawOn(parsed.value());
    return 0;
}
