// Whatever parses must survive writing and reading again.
#include "core/base/check.h"
#include "core/base/json.h"

#include <cstddef>
#include <cstdint>

using volary::Json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto parsed = Json::parse({reinterpret_cast<const char *>(data), size});
    if (!parsed)
        return 0;
    for (const std::string &text : {parsed.value().dump(), parsed.value().dumpPretty()}) {
        const auto again = Json::parse(text);
        VOLARY_CHECK(again && again.value() == parsed.value(), "JSON of ours reads back as it was");
    }
    return 0;
}
