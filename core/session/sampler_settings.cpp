#include "core/base/json.h"
#include "core/base/text.h"
#include "core/session/sampler.h"

#include <array>
#include <charconv>
#include <limits>

namespace volary {

namespace {

struct Field {
    const char *name; // in JSON and in messages
    double SamplerSettings::*value;
    double least;
    double most;
};

// Temperature and penalties end where the text is noise or nothing repeats; the bounds keep arithmetic
// finite.
constexpr std::array<Field, 6> kFields{{
    {"temperature", &SamplerSettings::temperature, 0, 100},
    {"topP", &SamplerSettings::topP, 0, 1},
    {"minP", &SamplerSettings::minP, 0, 1},
    {"presencePenalty", &SamplerSettings::presencePenalty, -100, 100},
    {"frequencyPenalty", &SamplerSettings::frequencyPenalty, -100, 100},
    {"penaltyDecay", &SamplerSettings::penaltyDecay, 0, 1},
}};

Error wrongKind(std::string_view name)
{
    return {ErrorCode::Invalid,
            "The sampling setting " + std::string(name) + " is not a number of the right kind.",
            "Correct it, or leave it out for the default."};
}

// 64-bit numbers stand as text: most readers of JSON keep only 53 bits.
Result<std::uint64_t> readSeed(const Json &json)
{
    if (const auto *number = json.integer(); number && *number >= 0)
        return static_cast<std::uint64_t>(*number);
    std::uint64_t seed = 0;
    const auto *text = json.string();
    if (!text || text->empty())
        return wrongKind("seed");
    const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), seed);
    if (code != std::errc() || end != text->data() + text->size())
        return wrongKind("seed");
    return seed;
}

} // namespace

Result<> SamplerSettings::validate() const
{
    for (const Field &field : kFields) {
        const double value = this->*field.value;
        if (!(value >= field.least && value <= field.most))
            return Error{ErrorCode::Invalid,
                         format("The sampling setting %s is %g; %g to %g are possible.", field.name, value,
                                field.least, field.most),
                         "Choose a value in this range."};
    }
    if (topK < 0)
        return Error{ErrorCode::Invalid,
                     format("The sampling setting topK is %d; it cannot be negative.", topK),
                     "Choose 0 to switch it off, or how many tokens to keep."};
    return {};
}

std::string SamplerSettings::toJson() const
{
    Json::Object object{{"topK", Json(topK)}, {"seed", Json(std::to_string(seed))}};
    for (const Field &field : kFields)
        object.emplace(field.name, Json(this->*field.value));
    return Json(std::move(object)).dump();
}

Result<SamplerSettings> SamplerSettings::fromJson(std::string_view text)
{
    TRY(const Json json, Json::parse(text));
    if (!json.object())
        return Error{ErrorCode::Invalid, "The sampling settings are not a JSON object.", ""};
    SamplerSettings settings;
    for (const Field &field : kFields) {
        const Json *value = json.find(field.name);
        if (value && !value->isNumber())
            return wrongKind(field.name);
        if (value)
            settings.*field.value = value->number();
    }
    if (const Json *value = json.find("topK")) {
        const auto *number = value->integer();
        if (!number || *number < 0 || *number > std::numeric_limits<int>::max())
            return wrongKind("topK");
        settings.topK = static_cast<int>(*number);
    }
    if (const Json *value = json.find("seed")) {
        TRY(settings.seed, readSeed(*value));
    }
    TRY_(settings.validate());
    return settings;
}

} // namespace volary
