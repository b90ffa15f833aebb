// From one model file to a smaller one, with what that costs.
#pragma once

#include "core/engine/loaded_model.h"
#include "core/session/compare.h"

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

namespace volary {

struct QuantiseRequest {
    ModelRequest model;        // backend, threads and vocabularies count for the comparison too
    std::filesystem::path out; // a .gguf file
    std::optional<DType> type; // of the matrices; nothing: as stored, only the format changes
    std::string evaluation;    // the text that both models read afterwards; empty: none
};

struct QuantiseReport {
    std::uint64_t bytesBefore = 0, bytesAfter = 0; // of the files
    std::optional<ModelComparison> comparison;
    std::string tokenizerFile; // that must lie beside the new file; empty when the vocabulary is inside
};

// Writes `out` whole or not at all, then opens it like any model: what cannot be opened again is an error.
// The comparison reads the text in windows of 1,024 tokens.
Result<QuantiseReport> quantise(const QuantiseRequest &request, const LoadedModel::Progress &progress = {},
                                std::stop_token stop = {});

} // namespace volary
