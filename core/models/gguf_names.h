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

inline constexpr std::string_view kGgufSettings = "volary.config"; // the text of a config.json

bool isKnownToGguf(std::string_view architecture); // the value of general.architecture
// Whether the tensors of such files keep their official names: llama.cpp does not have these models.
bool keepsOfficialNames(std::string_view architecture);
// What Volary's architecture of that id is called in general.architecture.
std::string ggufArchitecture(std::string_view id);

// The official tensors that `stored` holds: none for those that are never read, several for fused ones. A
// name that is not known is kept, so that it can be told.
std::vector<GgufName> officialNames(std::string_view architecture, const TensorInfo &stored,
                                    std::int64_t headSize);

// The other way round: a tensor of a GGUF file and the official ones it is made of.
struct GgufTarget {
    std::string name;
    std::vector<std::string> official; // several become rows of one tensor
    std::size_t least = 1;             // of them must be there
    bool fused = false;                // [n, 1, 1, C]
    bool flat = false;                 // a vector
    bool turned = false;
    bool copied = false; // stands for a tensor that llama.cpp asks for and nobody reads
    std::optional<std::array<int, GgufPart::kGroups>> order; // after turning
};
std::vector<GgufTarget> ggufTargets(std::string_view architecture, int layers);

} // namespace volary
