// Token ids in JSON files.
#pragma once

#include "core/base/json.h"
#include "core/text/tokenizer.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace volary::cli {

// An array of ids, {"tokens": [...]}, or the sequence `name` of {"sequences": {NAME: [...]}}.
Result<std::vector<TokenId>> readTokenFile(const std::filesystem::path &path,
                                           const std::optional<std::string> &name);

Json asJson(std::span<const TokenId> tokens);

} // namespace volary::cli
