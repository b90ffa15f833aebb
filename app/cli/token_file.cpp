#include "app/cli/token_file.h"

#include "core/base/file.h"
#include "core/base/text.h"

namespace volary::cli {

namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t(256) << 20;

Error unusable(const std::filesystem::path &path, const std::string &why)
{
    return {ErrorCode::Corrupt, format("%s: %s.", printable(path.filename().string()).c_str(), why.c_str()),
            "It should hold an array of token ids, or {\"sequences\": {NAME: [ids]}} with --sequence NAME."};
}

} // namespace

Result<std::vector<TokenId>> readTokenFile(const std::filesystem::path &path,
                                           const std::optional<std::string> &name)
{
    TRY(const std::string text, readFile(path, kMaxBytes));
    auto parsed = Json::parse(text, {.nodes = 50'000'000});
    if (!parsed)
        return std::move(parsed).error().during(path.filename().string());
    const Json json = std::move(parsed).value();
    const Json *list = &json;
    if (name) {
        const Json *sequences = json.find("sequences");
        list = sequences ? sequences->find(*name) : nullptr;
        if (!list)
            return unusable(path, format("there is no sequence named “%s”", printable(*name).c_str()));
    } else if (json.object()) {
        list = json.find("tokens");
    }
    if (!list || !list->array())
        return unusable(path, "there is no array of token ids");
    std::vector<TokenId> tokens;
    for (const Json &entry : *list->array()) {
        const std::int64_t *id = entry.integer();
        if (!id || *id < 0 || *id > INT32_MAX)
            return unusable(path, format("entry %zu is no token id", tokens.size()));
        tokens.push_back(TokenId(*id));
    }
    if (tokens.empty())
        return unusable(path, "the array of token ids is empty");
    return tokens;
}

Json asJson(std::span<const TokenId> tokens)
{
    Json::Array list;
    list.reserve(tokens.size());
    for (const TokenId token : tokens)
        list.emplace_back(token);
    return list;
}

} // namespace volary::cli
