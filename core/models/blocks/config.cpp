#include "core/models/blocks/config.h"

#include "core/base/file.h"

namespace volary {

namespace {
constexpr std::uint64_t kMostBytes = 1u << 20;
}

Json readConfig(WeightLoader &load)
{
    const auto &texts = load.file().metadata();
    if (const auto own = texts.find("config"); load.file().format() == "gguf" && own != texts.end()) {
        if (auto json = Json::parse(own->second))
            return std::move(json).value();
    }
    const auto path = load.file().path().parent_path() / "config.json";
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return Json::Object{};
    const auto text = readFile(path, kMostBytes);
    if (!text) {
        load.fail(text.error());
        return Json::Object{};
    }
    auto json = Json::parse(text.value());
    if (!json || !json.value().object()) {
        load.fail({ErrorCode::Corrupt, "config.json beside the model is no JSON object.",
                   "Repair it, or move it away: then the usual settings are taken."});
        return Json::Object{};
    }
    return std::move(json).value();
}

} // namespace volary
