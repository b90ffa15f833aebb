// RWKV-4, 5 and 6 as Hugging Face transformers names their tensors.
#pragma once

#include "core/io/tensor_file.h"

#include <memory>

namespace volary {

// `file` under the official names where its own are rwkv.embeddings.weight, rwkv.blocks.0.attention.* and so
// on; any other file as it is. Shapes and numbers are those of the official checkpoints already. Two tensors
// for one name are an error.
Result<std::unique_ptr<TensorFile>> underOfficialNames(std::unique_ptr<TensorFile> file);

} // namespace volary
