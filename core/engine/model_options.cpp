#include "core/engine/model_options.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <cmath>

namespace volary {

namespace {

Json toJson(const AdapterRequest &adapter)
{
    Json::Object json{{"path", adapter.path.string()}, {"strength", adapter.strength}};
    if (adapter.alpha)
        json.emplace("alpha", *adapter.alpha);
    if (!adapter.pissaInit.empty())
        json.emplace("pissa_init", adapter.pissaInit.string());
    return Json(std::move(json));
}

Result<AdapterRequest> adapterFrom(const Json &json)
{
    const auto text = [&](std::string_view key) {
        const Json *value = json.find(key);
        return value ? value->stringOr("") : std::string();
    };
    AdapterRequest adapter;
    adapter.path = text("path");
    adapter.pissaInit = text("pissa_init");
    if (const Json *strength = json.find("strength"))
        adapter.strength = strength->number(NAN);
    if (const Json *alpha = json.find("alpha"))
        adapter.alpha = alpha->number(NAN);
    if (adapter.path.empty() || !std::isfinite(adapter.strength) || !std::isfinite(adapter.alpha.value_or(0)))
        return Error{ErrorCode::Invalid, "A noted adapter has no path or no usable strength.",
                     "Choose it again."};
    return adapter;
}

} // namespace

const std::vector<DType> &openableWeightTypes()
{
    static const std::vector<DType> types{DType::F32,  DType::F16,  DType::BF16, DType::Q8_0,
                                          DType::Q6_K, DType::Q5_K, DType::Q5_1, DType::Q5_0,
                                          DType::Q4_K, DType::Q4_1, DType::Q4_0};
    return types;
}

std::optional<DType> openableWeightType(std::string_view wanted)
{
    const auto &types = openableWeightTypes();
    const auto found = std::ranges::find(types, wanted, [](DType type) { return name(type); });
    return found == types.end() ? std::nullopt : std::optional(*found);
}

std::string ModelOptions::summary() const
{
    std::string text;
    const auto add = [&](const std::string &piece) { text += (text.empty() ? "" : ", ") + piece; };
    for (const AdapterRequest &adapter : adapters) {
        const std::string name = printable(adapter.path.stem().string());
        add(adapter.strength == 1 ? name : format("%s × %g", name.c_str(), adapter.strength));
    }
    if (!initialState.empty())
        add(printable(initialState.stem().string()));
    if (weightType)
        add(std::string(name(*weightType)));
    return text;
}

std::string ModelOptions::toJson() const
{
    Json::Object json;
    if (weightType)
        json.emplace("weight_type", name(*weightType));
    Json::Array list;
    for (const AdapterRequest &adapter : adapters)
        list.push_back(volary::toJson(adapter));
    if (!list.empty())
        json.emplace("adapters", std::move(list));
    if (!initialState.empty())
        json.emplace("initial_state", initialState.string());
    return Json(std::move(json)).dump();
}

Result<ModelOptions> ModelOptions::fromJson(std::string_view text)
{
    TRY(const Json json, Json::parse(text));
    ModelOptions options;
    if (const Json *type = json.find("weight_type")) {
        options.weightType = openableWeightType(type->stringOr(""));
        if (!options.weightType)
            return Error{ErrorCode::Invalid, "The noted weight type is none of this version.",
                         "Choose it again."};
    }
    const Json *adapters = json.find("adapters");
    if (const Json::Array *list = adapters ? adapters->array() : nullptr) {
        for (const Json &each : *list) {
            TRY(AdapterRequest adapter, adapterFrom(each));
            options.adapters.push_back(std::move(adapter));
        }
    }
    if (const Json *state = json.find("initial_state"))
        options.initialState = state->stringOr("");
    return options;
}

} // namespace volary
