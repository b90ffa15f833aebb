// A file with a model, whatever its format.
#pragma once

#include "core/io/gguf.h"
#include "core/io/tensor_file.h"

#include <filesystem>
#include <memory>

namespace volary {

// A model file and what it says beside its tensors.
struct ModelFile {
    std::unique_ptr<TensorFile> tensors;      // under the official names, in the official layout
    std::shared_ptr<const GgufMetadata> gguf; // null for other formats; may hold the vocabulary
};

// Opens a file of any format and undoes what GGUF and Hugging Face name and arrange differently
// (gguf_model.h, hugging_face_names.h).
Result<ModelFile> openModelFile(const std::filesystem::path &path);

} // namespace volary
