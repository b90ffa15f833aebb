// adapter_config.json of a peft folder: refused, or with numbers that a merge can use.
#include "core/base/check.h"
#include "core/models/adapter.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

using volary::PeftConfig;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto parsed = PeftConfig::parse({reinterpret_cast<const char *>(data), size});
    if (!parsed)
        return 0;
    const PeftConfig &config = parsed.value();
    VOLARY_CHECK(config.rank > 0 && std::isfinite(config.alpha), "rank and alpha can be used");
    for (const auto &[module, rank] : config.ranks)
        VOLARY_CHECK(!module.empty() && rank > 0, "so can those of single modules");
    for (const auto &[module, alpha] : config.alphas)
        VOLARY_CHECK(!module.empty() && std::isfinite(alpha), "so can those of single modules");
    return 0;
}
