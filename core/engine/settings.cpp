#include "core/base/json.h"
#include "core/engine/messages.h"

namespace volary {

std::string GenerationSettings::toJson() const
{
    auto sampling = Json::parse(sampler.toJson());
    return Json(Json::Object{{"sampler", sampling ? std::move(sampling).value() : Json()},
                             {"max_tokens", maxTokens},
                             {"chat_format", chatFormat},
                             {"initial_state", initialState.string()},
                             {"beginning", beginning}})
        .dump();
}

Result<GenerationSettings> GenerationSettings::fromJson(std::string_view text)
{
    TRY(const Json json, Json::parse(text));
    GenerationSettings settings;
    if (const Json *sampling = json.find("sampler"); sampling && !sampling->isNull()) {
        TRY(settings.sampler, SamplerSettings::fromJson(sampling->dump()));
    }
    if (const Json *value = json.find("max_tokens"))
        settings.maxTokens = int(value->integerOr(settings.maxTokens));
    if (const Json *value = json.find("chat_format"))
        settings.chatFormat = value->stringOr("");
    if (const Json *value = json.find("initial_state"))
        settings.initialState = value->stringOr("");
    if (const Json *value = json.find("beginning"))
        settings.beginning = value->integerOr(0);
    if (settings.maxTokens < 1 || settings.maxTokens > 1'000'000)
        return Error{ErrorCode::Invalid,
                     "The length limit of a reply must lie between 1 and 1,000,000 tokens.", ""};
    return settings;
}

} // namespace volary
