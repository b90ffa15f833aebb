// Public model shapes with random weights: for speed, where no file is needed.
#pragma once

#include "core/io/tensor_file.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace volary::cli {

// "rwkv7-0.1b" and so on. The weights are drawn while they are read.
Result<std::unique_ptr<TensorFile>> makeShape(std::string_view name);
std::string shapeNames(); // for messages

} // namespace volary::cli
