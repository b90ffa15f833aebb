// GGUF files of llama.cpp as model files like any other.
#pragma once

#include "core/io/gguf.h"
#include "core/io/tensor_file.h"

#include <memory>

namespace volary {

// The tensors of a GGUF file (rwkv6, rwkv7, rwkv6qwen2, arwkv7) under the names, in the layout and with the
// values of the published checkpoints; what its keys say of settings comes as the text of a config.json in
// metadata()["config"]. Keys and shapes that contradict each other, and architectures that Volary does not
// have, are errors.
Result<std::unique_ptr<TensorFile>> ggufUnderOfficialNames(std::unique_ptr<TensorFile> file,
                                                           std::shared_ptr<const GgufMetadata> keys);

} // namespace volary
