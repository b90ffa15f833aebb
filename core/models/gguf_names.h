// What the tensors of GGUF files are called in the published checkpoints.
#pragma once

#include "core/models/gguf_layout.h"

#include <string>
#include <string_view>
#include <vector>

namespace volary {

struct GgufName {
    std::string name;
    GgufPart part;         // its `tensor` is the caller's
    bool rescaled = false; // what rescale_every_n_layers divides
};

bool isKnownToGguf(std::string_view architecture); // the value of general.architecture

// The official tensors that `stored` holds: none for those that are never read, several for fused ones. A
// name that is not known is kept, so that it can be told.
std::vector<GgufName> officialNames(std::string_view architecture, const TensorInfo &stored,
                                    std::int64_t headSize);

} // namespace volary
