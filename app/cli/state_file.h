// States as safetensors files: the declared state tensors under their declared names.
#pragma once

#include "core/base/result.h"
#include "core/session/state.h"

#include <filesystem>

namespace volary::cli {

Result<> writeStateFile(const std::filesystem::path &path, const State &state,
                        const std::string &fingerprint);
// Every declared tensor must be there with its type and shape, saved by the same model.
Result<> readStateFile(const std::filesystem::path &path, State &state, const std::string &fingerprint);

} // namespace volary::cli
