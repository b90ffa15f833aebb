// What a model is opened with beside its file.
#pragma once

#include "core/models/adapter.h"
#include "core/tensor/dtype.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

struct ModelOptions {
    std::optional<DType> weightType;      // of the matrices; nothing: as stored
    std::vector<AdapterRequest> adapters; // merged into the weights in this order
    std::filesystem::path initialState;   // a tuned state that conversations begin with; empty: none

    bool operator==(const ModelOptions &) const = default;

    // "poems × 0.8, f16": what sets the opened model apart from its file; empty when nothing does.
    std::string summary() const;

    std::string toJson() const;
    // What is missing has its default; what makes no sense is an error.
    static Result<ModelOptions> fromJson(std::string_view json);
};

// The types that weights can be turned into while a model is opened, the most exact first.
const std::vector<DType> &openableWeightTypes();
std::optional<DType> openableWeightType(std::string_view name);

} // namespace volary
