// The table of architectures, and the way from a file to a model.
#pragma once

#include "core/models/model.h"
#include "core/models/weights.h"

#include <memory>
#include <string>
#include <vector>

namespace volary {

struct OpenedModel {
    std::unique_ptr<const Model> model;
    WeightLoader::Summary weights;
};

// Recognises the architecture by the names and shapes of the tensors and loads it. An unknown file is refused
// with a sentence that says what it looks like and which tensor decides.
Result<OpenedModel> openModel(const TensorFile &file, Backend &backend, LoadOptions options = {});

} // namespace volary
