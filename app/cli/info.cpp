#include "app/cli/commands.h"
#include "app/cli/model.h"

#include "core/base/text.h"

#include <cstdio>

namespace volary::cli {

namespace {

Json asJson(const ModelDescription &model)
{
    Json::Array state;
    for (const StateTensor &tensor : model.state) {
        Json::Array shape;
        for (int d = 0; d < tensor.shape.rank(); ++d)
            shape.emplace_back(tensor.shape[d]);
        state.push_back(
            Json::Object{{"name", tensor.name},
                         {"dtype", name(tensor.type)},
                         {"shape", std::move(shape)},
                         {"growth", tensor.growth == StateGrowth::Fixed ? "fixed" : "one-row-per-token"},
                         {"derived", tensor.derived},
                         {"role", name(tensor.role)},
                         {"layout", tensor.layout}});
    }
    const ModelInfo &info = model.info;
    const DerivedRows derived = derivedRows(model.state);
    // An attention model of this shape keeps a key and a value row per layer, in 16 bits.
    const std::int64_t cachePerToken = std::int64_t(info.layers) * 2 * info.width * 2;
    const auto perToken = std::int64_t(bytesPerToken(model.state));
    return Json::Object{
        {"name", model.identity.name},
        {"architecture", info.architecture},
        {"format", model.format},
        {"layers", info.layers},
        {"width", info.width},
        {"heads", info.heads},
        {"head_size", info.headSize},
        {"hidden", info.hidden},
        {"vocabulary", info.vocabulary},
        {"parameters", std::int64_t(info.parameters)},
        {"tokenizer", model.tokenizer},
        {"dtypes", model.weightTypes},
        {"weight_bytes", std::int64_t(model.weightBytes)},
        {"fingerprint", model.identity.fingerprint},
        {"state", std::move(state)},
        {"state_bytes", std::int64_t(model.stateBytes)},
        {"bytes_per_token", perToken},
        {"kv_cache_ratio", perToken == 0 ? Json() : Json(double(cachePerToken) / double(perToken))},
        {"attention_cache_bytes_per_token", cachePerToken},
        {"derived_bytes_per_token", std::int64_t(derived.bytesPerToken)},
        {"derived_rows_kept", derived.most == 0 ? Json() : Json(derived.most)}};
}

// "18.0 KiB per token of keys and values, kept for the newest 29,127 tokens (512.0 MiB) and rebuilt before"
std::string describe(const DerivedRows &derived)
{
    const std::string size = formatBytes(derived.bytesPerToken) + " per token of keys and values, ";
    if (derived.most == 0)
        return size + "all kept while a conversation is open";
    const auto most = std::uint64_t(derived.most);
    return size + "kept for the newest " + formatCount(most) + " tokens (" +
           formatBytes(most * derived.bytesPerToken) + ") and rebuilt for older ones";
}

void printForPeople(const ModelDescription &model)
{
    const ModelInfo &info = model.info;
    const auto line = [](const char *label, const std::string &value) {
        std::printf("%-14s %s\n", label, value.c_str());
    };
    line("name", model.identity.name);
    line("architecture", info.title + " (" + info.architecture + ")");
    const std::string heads =
        info.heads == 0 ? "no heads" : format("%d heads of %d", info.heads, info.headSize);
    line("shape", format("%d layers, %d channels, %s, channel mix %d", info.layers, info.width, heads.c_str(),
                         info.hidden));
    line("parameters", formatCount(info.parameters));
    line("vocabulary",
         format("%s rows, %s", formatCount(std::uint64_t(info.vocabulary)).c_str(), model.tokenizer.c_str()));
    line("weights", format("%s in memory, %s, from %s", formatBytes(model.weightBytes).c_str(),
                           model.weightTypes.c_str(), model.format.c_str()));
    const std::size_t perToken = bytesPerToken(model.state);
    line("state", perToken == 0 ? format("%s per conversation, whatever its length",
                                         formatBytes(model.stateBytes).c_str())
                                : format("%s per conversation and %zu bytes per token",
                                         formatBytes(model.stateBytes).c_str(), perToken));
    if (perToken > 0)
        line("cache", format("%.0f times smaller than an ordinary key-value cache in 16 bits",
                             double(info.layers) * 4 * info.width / double(perToken)));
    if (const DerivedRows derived = derivedRows(model.state); derived.bytesPerToken > 0)
        line("derived", describe(derived));
    line("fingerprint", model.identity.fingerprint);
    std::printf("\nstate tensors\n");
    for (const StateTensor &tensor : model.state)
        std::printf("  %-26s %-4s %-14s %-18s %s\n", tensor.name.c_str(),
                    std::string(name(tensor.type)).c_str(), tensor.shape.text().c_str(),
                    std::string(name(tensor.role)).c_str(), tensor.layout.c_str());
}

} // namespace

Result<> info(Context &context)
{
    TRY(const auto model, openModelArgument(context, 0, Vocabulary::Optional));
    if (context.json())
        context.print(asJson(*model->description()));
    else
        printForPeople(*model->description());
    return {};
}

} // namespace volary::cli
