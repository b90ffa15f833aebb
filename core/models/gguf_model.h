// GGUF files of llama.cpp as model files like any other.
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

// Opens a file of any format. RWKV tensors in the names of Hugging Face transformers ("rwkv.blocks.0.
// attention.key.weight") come under the official ones. The tensors of a GGUF file (rwkv6, rwkv7, rwkv6qwen2,
// arwkv7) come under the names, in the layout and with the values of the published checkpoints; what its keys
// say of settings comes as the text of a config.json in metadata()["config"]. Keys and shapes that contradict
// each other, and architectures that Volary does not have, are errors.
Result<ModelFile> openModelFile(const std::filesystem::path &path);

} // namespace volary
