#include "app/cli/commands.h"

#include "core/base/text.h"
#include "core/engine/backends.h"

#include <cstdio>

namespace volary::cli {

Result<> devices(Context &context)
{
    Json::Array list;
    for (const DeviceChoice &choice : listDevices()) {
        list.push_back(Json::Object{{"backend", choice.device.backend},
                                    {"name", choice.device.name},
                                    {"usable", choice.unusable.empty()},
                                    {"reason", choice.unusable},
                                    {"memory_bytes", std::int64_t(choice.device.memoryBytes)}});
        if (context.json())
            continue;
        const std::string memory =
            choice.device.memoryBytes > 0 ? ", " + formatBytes(choice.device.memoryBytes) : std::string();
        std::printf("%-10s %s%s%s\n", choice.device.backend.c_str(), choice.device.name.c_str(),
                    memory.c_str(), choice.unusable.empty() ? "" : (" -- " + choice.unusable).c_str());
    }
    if (context.json())
        context.print(Json::Object{{"devices", std::move(list)}});
    return {};
}

} // namespace volary::cli
